import { describe, expect, it } from 'vitest';
import { openTable } from '../../../src/table/open-table.js';
import { failureOf } from '../csv-text.js';
import { MemoryFileSystem } from '../memory-file-system.js';
import { fixturePath, readBytes, readTable } from '../table-files.js';
import { bookOf, partsOf, textRow, zipOf } from './make-workbook.js';

const HEAD = textRow('id', 'about_me');

async function cellsOf(rows: string, more: Parameters<typeof bookOf>[1] = {}) {
  return (await readBytes(await bookOf(`${HEAD}${rows}`, more), 'in.xlsx')).rows.map((row) => row.cells);
}

describe('cells of a sheet', () => {
  it('are shared, inline, rich and computed texts; phonetic hints are none', async () => {
    const shared =
      '<si><t>one</t></si><si><r><t>r</t></r><r><rPr><b/></rPr><t xml:space="preserve"> ich</t></r><rPh sb="0" eb="1"><t>hint</t></rPh></si>';
    const cells = await cellsOf(
      `<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c></row>
       <row r="3"><c r="A3" t="inlineStr"><is><r><t>in</t></r><r><t>line &amp; &#x1F600;</t></r></is></c><c r="B3" t="str"><f>A1</f><v>computed</v></c></row>
       <row r="4"><c r="B4" t="inlineStr"><is><t><![CDATA[<raw>]]></t></is></c></row>`,
      { shared },
    );
    expect(cells).toEqual([
      ['one', 'r ich'],
      ['inline & 😀', 'computed'],
      ['', '<raw>'],
    ]);
  });

  it('are empty where the first shared text is, and where no text is named', async () => {
    const shared = '<si><t/></si><si><t>b</t></si>';
    const rows = [
      ['<v>0</v>', '<v>1</v>'],
      ['<v>1</v>', '<v/>'],
    ].map(([x, y]) => `<row><c t="s">${x}</c><c t="s">${y}</c></row>`);
    expect(await cellsOf(rows.join(''), { shared })).toEqual([
      ['', 'b'],
      ['b', ''],
    ]);
  });

  it('may leave out what follows from their order, and have prefixes', async () => {
    const parts = partsOf([{ name: 'S', rows: '' }]);
    const sheet = `<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData>
      <x:row><x:c t="str"><x:v>id</x:v></x:c><x:c t="str"><x:v>about_me</x:v></x:c></x:row>
      <x:row/><x:row><x:c><x:v>7</x:v></x:c><x:c r="B3" t="b"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>`;
    const { rows } = await readBytes(await zipOf({ ...parts, 'xl/worksheets/s0.xml': sheet }), 'in.xlsx');
    expect(rows).toMatchObject([{ row: 0, line: 3, cells: ['7', 'true'], values: [7, true] }]);
  });

  it('are dates by their formats alone', async () => {
    const formats = [
      'yyyy-mm-dd',
      '[$-409]d\\ mmm\\ yyyy;@',
      '"day "0.00',
      '[Red]0.0',
      'h:mm AM/PM',
      '[h]:mm',
      'm/d/yy h:mm',
      '#,##0.00_);\\(#,##0.00\\)',
      'General',
      '0.00E+00',
    ];
    const styles = `<numFmts>${formats
      .map((code, at) => `<numFmt numFmtId="${200 + at}" formatCode="${code.replaceAll('"', '&quot;')}"/>`)
      .join('')}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>${formats
      .map((_, at) => `<xf numFmtId="${200 + at}"/>`)
      .join('')}<xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="0"/></cellXfs>`;
    const styled = (style: number, value: number) =>
      `<row><c s="${style}"><v>${value}</v></c><c t="inlineStr"><is><t>x</t></is></c></row>`;
    const cells = await cellsOf(
      [...formats.keys(), formats.length, formats.length + 1, formats.length + 2]
        .map((style) => styled(style, 45000.75))
        .join(''),
      { styles },
    );
    expect(cells.map(([first]) => first)).toEqual([
      '2023-03-15T18:00:00',
      '2023-03-15T18:00:00',
      '45000.75',
      '45000.75',
      '1080018:00:00',
      '1080018:00:00',
      '2023-03-15T18:00:00',
      '45000.75',
      '45000.75',
      '45000.75',
      '2023-03-15T18:00:00',
      '2023-03-15T18:00:00',
      '45000.75',
    ]);
    const days = await cellsOf(
      [0, 1, 59, 60, 61, 2958465, 2958466, -1].map((serial) => styled(0, serial)).join(''),
      { styles },
    );
    // Day 60 is the 29 February 1900 that never was.
    expect(days.map(([first]) => first)).toEqual([
      '0',
      '1900-01-01',
      '1900-02-28',
      '60',
      '1900-03-01',
      '9999-12-31',
      '2958466',
      '-1',
    ]);
  });

  it('that are ISO dates are dates', async () => {
    const cells = await cellsOf(
      '<row><c t="d"><v>2024-02-29</v></c><c t="d"><v>2024-02-29T01:02:03.5Z</v></c></row>',
    );
    expect(cells).toEqual([['2024-02-29', '2024-02-29T01:02:03.500']]);
  });

  it('under a formula that was never computed are refused, or kept as a failed row', async () => {
    const rows = `${HEAD}<row><c><v>1</v></c><c><f>1+1</f></c></row><row><c><v>2</v></c><c t="str"><f>A1</f><v></v></c></row>`;
    const book = await bookOf(rows);
    expect(await failureOf(readBytes(book, 'in.xlsx'))).toMatchObject({
      code: 'INPUT_ROW_FORMULA',
      at: { line: 2, row: 1, field: 'about_me' },
    });
    const unfilled = await bookOf(`${HEAD}<row><c><v>1</v></c><c><f>A1</f><v/></c></row>`);
    expect(await failureOf(readBytes(unfilled, 'in.xlsx'))).toMatchObject({ code: 'INPUT_ROW_FORMULA' });
    const { rows: kept } = await readBytes(book, 'in.xlsx', { onBadRow: 'keep' });
    expect(kept.map(({ cells, fault }) => [cells, fault])).toEqual([
      [['1', ''], 'formula'],
      [['2', ''], null],
    ]);
    expect(kept[0]!.values).toEqual([1, null]);
  });

  it('beyond the header are refused by column and row, or kept', async () => {
    const book = await bookOf(`${HEAD}${textRow('1', 'a')}${textRow('2', 'b', '', 'stray secret')}`);
    const error = await failureOf(readBytes(book, 'in.xlsx'));
    expect(error).toMatchObject({ code: 'INPUT_ROW_CELLS', at: { line: 3, row: 2 } });
    expect(error.toLine()).toContain('column D');
    expect(error.toLine()).not.toContain('secret');
    const { rows } = await readBytes(book, 'in.xlsx', { onBadRow: 'keep' });
    expect(rows[1]).toMatchObject({ fault: 'too_many', cells: ['2', 'b', '', 'stray secret'] });
    expect(rows[1]!.values).toBeUndefined();
  });
});

describe('rows of a sheet', () => {
  it('that hold nothing are no rows, wherever they stand', async () => {
    const styled = '<c r="A9" s="0"/><c r="B9" t="inlineStr"><is><t></t></is></c>';
    const rows = `<row r="2"/><row r="4">${'<c r="B4" t="str"><v>about_me</v></c>'}</row><row r="5"/><row r="7"><c r="B7"><v>1</v></c></row><row r="9">${styled}</row><row r="1048576"/>`;
    const { table, rows: read } = await readBytes(await bookOf(rows), 'in.xlsx');
    expect(table.header).toEqual(['', 'about_me']);
    expect(read.map(({ line, cells }) => [line, cells])).toEqual([[7, ['', '1']]]);
  });

  it('end where the limit says, and faults behind it do not matter', async () => {
    const book = await bookOf(`${HEAD}${textRow('1', 'a')}${textRow('2', 'b', 'stray')}`);
    const memory = new MemoryFileSystem();
    memory.put('/folder/in.xlsx', book);
    const open = await openTable(memory, '/folder/in.xlsx');
    const lines: number[] = [];
    for await (const row of open.rows({ limit: 1 })) lines.push(row.line);
    for await (const _ of open.rows({ limit: 0 })) lines.push(-1);
    await open.close();
    expect(lines).toEqual([2]);
  });
});

describe('sheets', () => {
  const book = () =>
    zipOf(
      partsOf([
        { name: 'Secret', rows: textRow('hidden'), state: 'veryHidden' },
        { name: 'First', rows: textRow('about_me') },
        { name: 'Ünïque #2', rows: `${textRow('other')}${textRow('x')}` },
        { name: 'Blank', rows: '<row r="3"><c s="0"/></row>' },
      ]),
    );

  it('are chosen by name, in any case, hidden ones too; without one the first that is not hidden', async () => {
    const bytes = await book();
    for (const [path, header] of [
      ['in.xlsx', 'about_me'],
      ['in.xlsx#First', 'about_me'],
      ['in.XLSX#ünïque #2', 'other'],
      ['in.xlsx#Secret', 'hidden'],
    ] as const) {
      const { table } = await readBytes(bytes, path);
      expect(table.header).toEqual([header]);
    }
    const memory = new MemoryFileSystem();
    memory.put('/folder/in.xlsx', bytes);
    const table = await openTable(memory, '/folder/in.xlsx');
    expect(await table.sheet!.others()).toEqual(['Secret', 'Ünïque #2']);
    const named = await openTable(memory, '/folder/in.xlsx#Secret');
    expect(await named.digest()).not.toBe(await table.digest());
    expect(named.identity).toBe(table.identity);
    await table.close();
    await named.close();
  });

  it('that are missing or empty are told of', async () => {
    const missing = await failureOf(readBytes(await book(), 'in.xlsx#Frist'));
    expect(missing).toMatchObject({ code: 'INPUT_SHEET_MISSING', hint: expect.stringContaining('"First"') });
    expect((await failureOf(readBytes(await book(), 'in.xlsx#Blank'))).code).toBe('INPUT_EMPTY');
    expect((await failureOf(readBytes('', 'in.xlsx'))).code).toBe('INPUT_EMPTY');
    expect((await failureOf(readTable('/none/in.xlsx#Sheet'))).code).toBe('INPUT_NOT_FOUND');
  });

  it('have no delimiter and no encoding; old and locked workbooks are named as such', async () => {
    const bytes = await book();
    expect((await failureOf(readBytes(bytes, 'in.xlsx', { delimiter: ';' }))).code).toBe('USAGE_DELIMITER');
    expect((await failureOf(readBytes(bytes, 'in.xlsx', { encoding: 'utf-8' }))).code).toBe('USAGE_ENCODING');
    const ole = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)]);
    expect((await failureOf(readBytes(ole, 'in.xlsx'))).code).toBe('INPUT_FORMAT');
    expect((await failureOf(readBytes(bytes, 'in.csv'))).code).toBe('INPUT_FORMAT');
    const lost = readTable(fixturePath('openpyxl.xlsx'), { column: 'about_mee' });
    expect((await failureOf(lost)).hint).toContain('"about_me"');
  });
});
