import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentWithout } from '../../src/table/json-line.js';
import { JsonlWriter } from '../../src/table/jsonl-writer.js';
import { openTable } from '../../src/table/open-table.js';
import type { CsvReadOptions } from '../../src/table/read-csv.js';
import { isSameNumber } from '../../src/table/same-number.js';
import type { TableRow } from '../../src/table/table.js';
import { failureOf } from './csv-text.js';
import { MemoryFileSystem } from './memory-file-system.js';
import { readBytes, writeWith } from './table-files.js';

async function read(content: string | Buffer, options: CsvReadOptions = {}, name = '/folder/in.jsonl') {
  const fileSystem = new MemoryFileSystem();
  fileSystem.put(name, content);
  const table = await openTable(fileSystem, name, options);
  const rows: TableRow[] = [];
  for await (const row of table.rows()) rows.push(row);
  return { table, rows };
}

const objects = fc.array(
  fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor', 'é "x"', ''), fc.jsonValue(), {
    noNullPrototype: false,
  }),
  { minLength: 1, maxLength: 8 },
);

describe('reading JSON Lines', () => {
  it('gives back every object as it stands, and its values as cells', async () => {
    await fc.assert(
      fc.asyncProperty(objects, fc.constantFrom('\n', '\r\n', '\n\n'), async (given, lineBreak) => {
        const lines = given.map((object) => JSON.stringify(object));
        const { table, rows } = await read(lines.join(lineBreak));
        expect(rows.map((row) => row.source)).toEqual(lines);
        const parsed = lines.map((line) => new Map(Object.entries(JSON.parse(line) as object)));
        expect(table.header).toEqual([...new Set(parsed.flatMap((object) => [...object.keys()]))]);
        for (const [at, row] of rows.entries()) {
          const wanted = table.header.map((key) => {
            const value: unknown = parsed[at]!.get(key) ?? null;
            return value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
          });
          expect(row).toMatchObject({ row: at, fault: null, cells: wanted });
        }
      }),
      { numRuns: 300 },
    );
    expect(Object.hasOwn(Object.prototype, 'a')).toBe(false);
  });

  it('does not depend on where chunks end', async () => {
    const lines = Array.from({ length: 3000 }, (_, i) => JSON.stringify({ i, t: '😀é'.repeat(i % 97) }));
    const { rows } = await read(`${lines.join('\n')}\n`);
    expect(rows.map((row) => row.source)).toEqual(lines);
    expect(rows.at(-1)!.line).toBe(3000);
  });

  it('reads UTF-16 and byte order marks, and refuses broken bytes with the line', async () => {
    const text = '{"about_me":"é"}\n{"about_me":"ü"}\n';
    for (const content of [
      Buffer.from(`\uFEFF${text}`),
      Buffer.concat([Buffer.from([255, 254]), Buffer.from(text, 'utf16le')]),
    ]) {
      expect((await read(content)).rows.map((row) => row.cells)).toEqual([['é'], ['ü']]);
    }
    const broken = Buffer.concat([Buffer.from('{"a":1}\n{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(await failureOf(read(broken))).toMatchObject({ code: 'INPUT_ENCODING' });
  });

  it('refuses what is no object with line and row, without showing it, or keeps it marked', async () => {
    for (const bad of ['[1]', '"secret"', '{"a":secret}', '{"a":1', 'null', '1']) {
      const content = `{"about_me":"x"}\n\n${bad}\n{"about_me":"y"}`;
      const error = await failureOf(read(content));
      expect(error).toMatchObject({ code: 'INPUT_ROW_JSON', at: { line: 3, row: 2 } });
      expect(error.toLine()).not.toContain('secret');
      const { rows } = await read(content, { onBadRow: 'keep', column: 'about_me' });
      expect(rows.map(({ cells, fault }) => [cells[0], fault])).toEqual([
        ['x', null],
        [bad, 'json'],
        ['y', null],
      ]);
    }
  });

  it('refuses an empty file, a missing column, endless lines, a delimiter and formats that it does not read', async () => {
    expect(await failureOf(read('\n \n'))).toMatchObject({
      code: 'INPUT_EMPTY',
      hint: expect.stringContaining('without rows'),
    });
    const missing = await failureOf(read('{"about_me":1}', { column: 'about_mee' }));
    expect(missing).toMatchObject({
      code: 'INPUT_COLUMN_MISSING',
      hint: expect.stringContaining('"about_me"'),
    });
    const long = await failureOf(read(`{"a":"${'x'.repeat(2000)}"}`, { maxRecordBytes: 1000 }));
    expect(long).toMatchObject({ code: 'INPUT_ROW_TOO_LONG', at: { line: 1 } });
    expect(await failureOf(read('{"a":1}', { delimiter: ';' }))).toMatchObject({ code: 'USAGE_DELIMITER' });
    for (const name of ['/folder/in.ods', '/folder/in.xls', '/folder/in.csv.gz', '/folder/in.json']) {
      expect(await failureOf(read('PAR1', {}, name))).toMatchObject({ code: 'INPUT_FORMAT' });
    }
    expect(await failureOf(openTable(new MemoryFileSystem(), '/none.jsonl'))).toMatchObject({
      code: 'INPUT_NOT_FOUND',
    });
  });
});

describe('JSON under another name', () => {
  it('is refused with the name that it should have', async () => {
    const contents = [
      '{"a":1}',
      '\uFEFF{ "about_me": "x" }\n',
      '[{"a":1}]',
      '{\n  "a": 1\n}',
      '[\n  {\n    "a": 1',
    ];
    for (const content of contents) {
      for (const name of ['/folder/in.csv', '/folder/in', '/folder/in.tsv']) {
        const error = await failureOf(read(content, {}, name));
        expect(error).toMatchObject({ code: 'INPUT_FORMAT', hint: expect.stringContaining('.jsonl') });
      }
    }
    expect((await failureOf(read('{"a":1}', {}, '/folder/in.json'))).hint).toContain('.jsonl');
    for (const header of ['[id],[name]', '{id},{name}', '"{""a""}",b']) {
      expect((await read(`${header}\n1,2\n`, {}, '/folder/in.csv')).rows).toHaveLength(1);
    }
  });
});

describe('keys of JSON Lines', () => {
  it('are columns in the order in which they come, whole numbers too, and the last of a key counts', async () => {
    const { table, rows } = await read('{"name":"x","2020":"y","a":1,"a":"2"}\n{"1":0}');
    expect(table.header).toEqual(['name', '2020', 'a', '1']);
    expect(rows.map((row) => row.cells)).toEqual([
      ['x', 'y', '2', ''],
      ['', '', '', '0'],
    ]);
  });
});

describe('reading TSV', () => {
  it('takes tabs for delimiters, whatever else the cells hold', async () => {
    const { table, rows } = await read('a,b\tc,d\n1,2\t"3\t4"\n', {}, '/folder/in.tsv');
    expect(table.header).toEqual(['a,b', 'c,d']);
    expect(rows[0]!.cells).toEqual(['1,2', '3\t4']);
  });
});

describe('writing JSON Lines', () => {
  it('leaves the object as it was, to the byte, and puts the new keys behind', async () => {
    let text = '';
    const writer = new JsonlWriter(['a', 'b'], {
      guard: 'outputs',
      firstOutput: 2,
      numbers: new Set(['ai_m_confidence']),
      write: async (bytes) => {
        text += bytes.toString();
      },
    });
    await writer.writeHeader(['a', 'b', 'ai_m_flag', 'ai_m_confidence']);
    const from = (source: string) => ({ row: 0, line: 1, cells: [], fault: null, source });
    const kept = from('{ "a" : 1.0,  "x":{"y":[1e3]} }');
    await writer.writeRow({ cells: ['1', '', 'bad', '0.5'], from: kept });
    await writer.writeRow({ cells: ['', '', '', ''], from: from('{}') });
    await writer.writeRow({ cells: ['=1', 'é"', '=x', '0'] });
    await writer.end();
    expect(text.split('\n')).toEqual([
      '{"a" : 1.0,  "x":{"y":[1e3]},"ai_m_flag":"bad","ai_m_confidence":0.5}',
      '{"ai_m_flag":null,"ai_m_confidence":null}',
      '{"a":"=1","b":"é\\"","ai_m_flag":"=x","ai_m_confidence":0}',
      '',
    ]);
  });

  it('takes keys out wherever they stand and leaves the rest to the byte', () => {
    const without = (object: string, ...keys: string[]) => contentWithout(object, new Set(keys));
    expect(without('{ "a":1 }')).toBe('"a":1');
    expect(without('{ "a":1 }', 'b')).toBe('"a":1');
    expect(without('{"a":1}', 'a')).toBe('');
    const source = '{ "b": 1, "a" : 12345678901234567890 ,"2":{"b":1.10}, "\\u0062":[1e400], "__proto__":3 }';
    expect(without(source, 'b')).toBe('"a" : 12345678901234567890 ,"2":{"b":1.10}, "__proto__":3');
    expect(without(source, '__proto__', 'a')).toBe('"b": 1 ,"2":{"b":1.10}, "\\u0062":[1e400]');
  });
});

describe('numbers of JSON Lines', () => {
  const NUMBERS = ['12345678901234567890', '9007199254740993', '1.10', '1e400', '-0', '1E3', '0.1', '7'];
  const NESTED = '{"b": 12345678901234567890}';
  const SOURCE = `{${[...NUMBERS, NESTED].map((text, at) => `"n${at}": ${text}`).join(', ')}}`;

  it('stand in cells as they stand in the file', async () => {
    const { table, rows } = await read(SOURCE);
    expect(rows[0]!.cells).toEqual([...NUMBERS, NESTED]);
    expect((await writeWith(table, 'out.csv')).toString()).toContain(
      `${NUMBERS.join(',')},"{""b"": 12345678901234567890}",bad`,
    );
  });

  it('stay as they stand when columns change their places', async () => {
    const { table, rows } = await read(`${SOURCE}\n`);
    let text = '';
    const columns = [...table.header.keys()].reverse();
    const write = async (bytes: Buffer) => {
      text += bytes.toString();
    };
    const writer = new JsonlWriter(table.header, {
      guard: 'outputs',
      firstOutput: columns.length,
      columns,
      numbers: new Set(),
      write,
    });
    await writer.writeHeader(columns.map((at) => table.header[at]!));
    await writer.writeRow({ cells: columns.map((at) => rows[0]!.cells[at]!), from: rows[0]! });
    await writer.end();
    const wanted = columns.map((at) => `"n${at}":${[...NUMBERS, NESTED][at]}`);
    expect(text).toBe(`{${wanted.join(',')}}\n`);
  });

  it('are numbers in typed formats only where a double holds all of their digits', async () => {
    for (const name of ['out.parquet', 'out.xlsx']) {
      const { table } = await read(SOURCE);
      const copy = await readBytes(await writeWith(table, name), name);
      const values = copy.rows[0]!.values!.slice(0, NUMBERS.length).map((value) =>
        // A sheet's number with a format.
        typeof value === 'object' ? value?.serial : typeof value === 'bigint' ? Number(value) : value,
      );
      const zero = name === 'out.xlsx' ? 0 : -0;
      expect(values).toEqual([NUMBERS[0], NUMBERS[1], 1.1, NUMBERS[3], zero, 1000, 0.1, 7]);
    }
  });

  it('are compared by value', () => {
    for (const text of [
      '1.10',
      '100e-2',
      '0.0',
      '-0',
      '1E+3',
      '12300',
      '0.00012',
      '1e21',
      '5e-324',
      '-2.50',
    ]) {
      expect([text, isSameNumber(text, Number(text))]).toEqual([text, true]);
    }
    for (const text of ['9007199254740993', '1e400', '1e-400', '0.30000000000000000001', '-1e999']) {
      expect([text, isSameNumber(text, Number(text))]).toEqual([text, false]);
    }
  });
});
