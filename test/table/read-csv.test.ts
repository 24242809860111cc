import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCsv } from '../../src/table/read-csv.js';
import { failureOf, readCells, readCsv, toCsv } from './csv-text.js';
import { MemoryFileSystem } from './memory-file-system.js';

describe('reading CSV', () => {
  it('gives back every table, whatever its cells, delimiter and line break', async () => {
    const piece = fc.constantFrom(
      'a',
      'é',
      '😀',
      '"',
      ',',
      ';',
      '\t',
      '|',
      '\n',
      '\r',
      '\r\n',
      ' ',
      '\0',
      "'",
      '=',
      '\u2028',
      '\uFEFF',
    );
    const cell = fc.array(piece, { maxLength: 6 }).map((parts) => parts.join(''));
    const table = fc
      .integer({ min: 2, max: 5 })
      .chain((width) =>
        fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }),
      );
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom(',', ';', '\t', '|'),
        fc.constantFrom('\n', '\r\n', '\r'),
        async (rows, delimiter, lineBreak) => {
          // A mark at the very front is a byte order mark by definition.
          const clean = rows.map((row, r) =>
            row.map((text, c) => (r + c === 0 ? text.replace(/^\uFEFF+/, '') : text)),
          );
          expect(
            await readCells(toCsv(clean, { delimiter, lineBreak }), { delimiter, onBadRow: 'keep' }),
          ).toEqual(clean);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('does not depend on where chunks end', async () => {
    const rows = Array.from({ length: 1400 }, (_, i) => [
      `${i}`,
      `${'é"\r\n'.repeat(i % 90)}${'😀'.repeat(i % 7)}`,
      '\r\n,',
    ]);
    const text = `id,text,x\r\n${toCsv(rows, { lineBreak: '\r\n' })}`;
    expect(Buffer.byteLength(text)).toBeGreaterThan(256 * 1024);
    for (const shift of [0, 1, 2, 3, 5]) {
      const got = await readCells(`${'h'.repeat(shift)}id${text.slice(2)}`);
      expect(got.slice(1)).toEqual(rows);
    }
  });

  it('reads CRLF, LF and bare CR in one file', async () => {
    expect(await readCells('a,b\r\n1,"x\r\ny"\r2,z\n3,w\r\n')).toEqual([
      ['a', 'b'],
      ['1', 'x\r\ny'],
      ['2', 'z'],
      ['3', 'w'],
    ]);
  });

  it('takes for the line break what ends the header, not what its quotes hold', async () => {
    for (const [content, lineBreak] of [
      ['a,"b\nc"\r\n1,2\n', '\r\n'],
      ['a,"b\r\n\r""c"\n1,2\r\n', '\n'],
      ['\r\n"a\nb",c\n1,2\n', '\r\n'],
      ['a,"b\nc"\r1,2\r', '\r'],
      ['a,"b\r\nc"', '\n'],
    ] as const) {
      expect([content, (await readCsv(content)).lineBreak]).toEqual([content, lineBreak]);
    }
  });

  it('tells the line on which each row begins', async () => {
    const { rows } = await readCsv('a,b\r\n1,"x\r\ny\nz"\r\n\r\n2,c\r3,"\n\n"\n4,d');
    expect(rows.map((row) => row.line)).toEqual([2, 6, 7, 10]);
  });

  it('reads encodings and byte order marks', async () => {
    const text = 'id,about_me\n1,"Žofie – 50 €, 😀"\n';
    const wanted = [
      ['id', 'about_me'],
      ['1', 'Žofie – 50 €, 😀'],
    ];
    const utf16le = Buffer.from(text, 'utf16le');
    const utf16be = Buffer.from(utf16le).swap16();
    expect(await readCells(`\uFEFF${text}`)).toEqual(wanted);
    expect(await readCells(Buffer.concat([Buffer.from([0xff, 0xfe]), utf16le]))).toEqual(wanted);
    expect(await readCells(Buffer.concat([Buffer.from([0xfe, 0xff]), utf16be]))).toEqual(wanted);
    expect(await readCells(utf16le, { encoding: 'UTF-16LE' })).toEqual(wanted);
    expect(await readCells(Buffer.from('a,b\n\xe9,\x80\n', 'latin1'), { encoding: 'latin1' })).toEqual([
      ['a', 'b'],
      ['é', '\x80'],
    ]);
    expect(await readCells(Buffer.from('a,b\n\xe9,\x80\n', 'latin1'), { encoding: 'windows-1252' })).toEqual([
      ['a', 'b'],
      ['é', '€'],
    ]);
    expect(
      (await failureOf(readCells(Buffer.concat([Buffer.from([0xff, 0xfe]), utf16le]), { encoding: 'utf-8' })))
        .code,
    ).toBe('INPUT_ENCODING');
    expect((await failureOf(readCells(text, { encoding: 'utf-9' }))).toLine()).toContain(
      'Did you mean utf-8?',
    );
    expect((await failureOf(readCells(utf16le, { column: 'about_me' }))).hint).toContain('utf-16le');
  });

  it.each([
    ['\n', 4],
    ['\r\n', 4],
    ['\r', 4],
  ])('names the line of a byte that is not UTF-8 (line break %j)', async (lineBreak, line) => {
    const front = ['a,b', '1,"x', 'y"'].join(lineBreak) + lineBreak;
    const bad = Buffer.concat([
      Buffer.from(`${front}2,ok`),
      Buffer.from([0xc3, 0x28]),
      Buffer.from(`${lineBreak}3,z`),
    ]);
    expect((await failureOf(readCells(bad))).at.line).toBe(line);
    const cut = Buffer.concat([Buffer.from(`${front}2,ok`), Buffer.from([0xf0, 0x9f])]);
    expect((await failureOf(readCells(cut))).at.line).toBe(line);
  });

  it('refuses broken quotes with the line, and never shows a cell', async () => {
    const cases: [string, number, string][] = [
      ['a,b\n1,"secret\nsecret\n2,secret\n', 2, 'not closed'],
      ['a,b\n1,x\n"se\r\ncret","secret\n3,x\n', 4, 'not closed'],
      ['a,b\n1,se"cret\n2,x\n', 2, 'does not begin with one'],
      ['a,b\n1,x\n2,"se\ncret"secret\n', 4, 'follows a closing quote'],
      ['a,b\n1,"secret"\0\n', 2, 'follows a closing quote'],
    ];
    for (const [text, line, words] of cases) {
      const error = await failureOf(readCells(text));
      expect([error.code, error.at.line]).toEqual(['INPUT_ROW_QUOTE', line]);
      expect(error.message).toContain(words);
      expect(JSON.stringify([error.toLine(), error.stack])).not.toContain('secret');
    }
  });

  it('refuses rows with too few or too many cells with line and row', async () => {
    const few = await failureOf(readCells('a,b\n1,"x\ny"\n2\n'));
    expect([few.code, few.at.line, few.at.row]).toEqual(['INPUT_ROW_CELLS', 4, 2]);
    const many = await failureOf(readCells('a,b\n1,x,y\n'));
    expect([many.code, many.at.line, many.at.row]).toEqual(['INPUT_ROW_CELLS', 2, 1]);
  });

  it('refuses a header that comes again, but not an all-empty one or a single column', async () => {
    const again = await failureOf(readCells('id,t\n1,x\nid,t\n2,y\n'));
    expect([again.code, again.at.line, again.at.row]).toEqual(['INPUT_ROW_HEADER', 3, 2]);
    const { rows } = await readCsv('id,t\n1,x\nid,t\n2,y\n', { onBadRow: 'keep' });
    expect(rows.map((row) => row.fault)).toEqual([null, 'header_again', null]);
    expect(await readCells('a,\n,\n')).toEqual([
      ['a', ''],
      ['', ''],
    ]);
    expect(await readCells(',\n,\n')).toEqual([
      ['', ''],
      ['', ''],
    ]);
    expect(await readCells('about_me\nabout_me\n')).toEqual([['about_me'], ['about_me']]);
  });

  it('keeps bad rows, marked, and loses none behind them', async () => {
    const text = 'id,t,u\n1,x\n2,a,b,c\n3,"say "hi" there",z\n4,5" nail,z\n5,ok,z\n6,"open,z\n7,ok,z\n';
    const { rows } = await readCsv(text, { onBadRow: 'keep' });
    expect(rows.map((row) => [row.cells[0], row.fault])).toEqual([
      ['1', 'too_few'],
      ['2', 'too_many'],
      ['3', 'quote'],
      ['4', 'quote'],
      ['5', null],
      ['6', 'quote'],
      ['7', null],
    ]);
    expect(rows.map((row) => row.line)).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(rows[2]!.cells).toEqual(['3', 'say "hi" there', 'z']);
    expect(rows[3]!.cells).toEqual(['4', '5" nail', 'z']);
  });

  it('keeps a damaged row that lies across chunks', async () => {
    const filler = toCsv(Array.from({ length: 4000 }, (_, i) => [`${i}`, 'x'.repeat(60)]));
    const { rows } = await readCsv(`id,t\n${filler}bad,"a"b\n${filler}`, { onBadRow: 'keep' });
    expect(rows.length).toBe(8001);
    expect(rows.filter((row) => row.fault !== null).map((row) => row.cells)).toEqual([['bad', 'a"b']]);
    const open = await readCsv(`id,t\n${filler}bad,"a\n${filler}`, {
      onBadRow: 'keep',
      maxRecordBytes: 50_000,
    });
    expect(open.rows.length).toBe(8001);
  });

  it('takes time in proportion also when every row is damaged', async () => {
    const timeOf = async (rows: number) => {
      const started = process.cpuUsage();
      const text = `id,t,u\n${Array.from({ length: rows }, (_, i) => `${i},a 5" nail,"x"y"\n`).join('')}`;
      expect(
        (await readCsv(text, { onBadRow: 'keep' })).rows.filter((row) => row.fault !== null).length,
      ).toBe(rows);
      return process.cpuUsage(started).user;
    };
    await timeOf(500);
    const [short, long] = [await timeOf(4_000), await timeOf(32_000)];
    expect(long).toBeLessThan(8 * 5 * short);
  });

  it('bounds the memory that an unclosed quote or an endless line can take', async () => {
    const filler = 'x'.repeat(50_000);
    const open = await failureOf(readCells(`a,b\n1,y\n2,"${filler}\n${filler}`, { maxRecordBytes: 60_000 }));
    expect([open.code, open.at.line]).toEqual(['INPUT_ROW_QUOTE', 3]);
    expect(open.message).toContain('within 60000 bytes');
    const long = await failureOf(readCells(`a,b\n1,${filler}${filler}`, { maxRecordBytes: 60_000 }));
    expect([long.code, long.at.line]).toEqual(['INPUT_ROW_TOO_LONG', 2]);
  });

  it('reads cells of several megabytes and 17,000 columns', async () => {
    const cell = `${'ä "quoted", '.repeat(300_000)}\n`;
    const rows = [
      ['id', 't'],
      ['1', cell],
      ['2', 'x'],
    ];
    expect(await readCells(toCsv(rows))).toEqual(rows);
    const header = Array.from({ length: 17_000 }, (_, i) => `column number ${i}`);
    const wide = [header, header.map((_, i) => `${i}`)];
    const got = await readCsv(toCsv(wide), { column: 'column number 16999' });
    expect([got.header, got.rows[0]!.cells]).toEqual(wide);
  });

  it('keeps duplicate and odd headers by position', async () => {
    const { header, rows } = await readCsv('x,__proto__,x,constructor,\n1,2,3,4,5\n');
    expect(header).toEqual(['x', '__proto__', 'x', 'constructor', '']);
    expect(rows[0]!.cells).toEqual(['1', '2', '3', '4', '5']);
    expect(({} as Record<string, unknown>)['2']).toBeUndefined();
    const proto = await readCsv('a,__proto__\n1,2\n', { column: '__proto__' });
    expect(proto.rows.length).toBe(1);
    expect((await failureOf(readCsv('x,x\n1,2\n', { column: 'x' }))).code).toBe('INPUT_COLUMN_AMBIGUOUS');
  });

  it('names the nearest column when one is missing', async () => {
    const error = await failureOf(readCsv('id,About_me\n1,2\n', { column: 'about_me' }));
    expect(error.code).toBe('INPUT_COLUMN_MISSING');
    expect(error.hint).toBe('Did you mean "About_me"?');
  });

  it('tells an empty file from one with a header only', async () => {
    for (const text of ['', '\n', '\r\n\n', '\uFEFF'])
      expect((await failureOf(readCsv(text))).code).toBe('INPUT_EMPTY');
    for (const text of ['a,b', 'a,b\n', '\uFEFFa,b\r\n\r\n']) {
      expect(await readCells(text)).toEqual([['a', 'b']]);
    }
  });

  it('skips lines that hold nothing, but not rows of empty cells', async () => {
    expect(await readCells('\na,b\n\n1,2\n\r\n""\n\n,\n', { onBadRow: 'keep' })).toEqual([
      ['a', 'b'],
      ['1', '2'],
      [''],
      ['', ''],
    ]);
    expect(await readCells('a\n1\n\n2\n')).toEqual([['a'], ['1'], [''], ['2']]);
  });

  it('finds the delimiter', async () => {
    const cases: [string, string, string?][] = [
      ['id;about_me\n1;a,b,c\n', ';', 'about_me'],
      ['id;about_me\n1;a,b,c\n2;d\n', ';'],
      ['id\tabout_me\n1\ta,b\n', '\t', 'about_me'],
      ['id|about_me\n1|a\n', '|', 'about_me'],
      ['"a;b","about_me"\n1,"x"\n', ',', 'about_me'],
      ['about_me\na;b\n', ',', 'about_me'],
      ['a,b;c,d\n1,2;3,4\n', ','],
      ['"first, name";"x\n;y"\n"a";"b"\n', ';'],
    ];
    for (const [text, delimiter, column] of cases) {
      expect((await readCsv(text, column === undefined ? {} : { column })).delimiter).toBe(delimiter);
    }
    expect((await readCsv('a:b\n1:2\n', { delimiter: ':' })).header).toEqual(['a', 'b']);
    expect((await readCsv('a\tb\n1\t2\n', { delimiter: 'tab' })).header).toEqual(['a', 'b']);
    expect((await failureOf(readCsv('a,b', { delimiter: 'x' }))).code).toBe('USAGE_DELIMITER');
  });

  it('reads declared quote and escape marks', async () => {
    expect(await readCells("a,b\n'x, y','it''s'\n", { quote: "'" })).toEqual([
      ['a', 'b'],
      ['x, y', "it's"],
    ]);
    expect(await readCells('a,b\n"x \\"y\\"",z\n', { escape: '\\' })).toEqual([
      ['a', 'b'],
      ['x "y"', 'z'],
    ]);
  });

  it('notices a file that changes between or during passes', async () => {
    const fileSystem = new MemoryFileSystem();
    fileSystem.put('/folder/in.csv', 'a,b\n1,2\n');
    const table = await openCsv(fileSystem, '/folder/in.csv');
    for await (const _ of table.rows()) break;
    const writer = await fileSystem.open('/folder/in.csv', 'append');
    await writer.write(Buffer.from('3,4\n'));
    const all = async () => {
      for await (const _ of table.rows());
    };
    expect((await failureOf(all())).code).toBe('INPUT_CHANGED');
  });

  it('says what is wrong with a path', async () => {
    const fileSystem = new MemoryFileSystem();
    expect((await failureOf(openCsv(fileSystem, '/folder/none.csv'))).code).toBe('INPUT_NOT_FOUND');
    expect((await failureOf(openCsv(fileSystem, '/folder'))).code).toBe('INPUT_UNREADABLE');
  });
});
