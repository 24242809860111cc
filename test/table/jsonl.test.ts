import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonlWriter, withoutKeys } from '../../src/table/jsonl-writer.js';
import { openTable } from '../../src/table/open-table.js';
import type { CsvReadOptions } from '../../src/table/read-csv.js';
import type { TableRow } from '../../src/table/table.js';
import { failureOf } from './csv-text.js';
import { MemoryFileSystem } from './memory-file-system.js';

async function read(content: string | Buffer, options: CsvReadOptions = {}, name = '/folder/in.jsonl') {
  const fileSystem = new MemoryFileSystem();
  fileSystem.put(name, content);
  const table = await openTable(fileSystem, name, options);
  const rows: TableRow[] = [];
  for await (const row of table.rows()) rows.push(row);
  await table.close();
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
    expect(await failureOf(read('\n \n'))).toMatchObject({ code: 'INPUT_EMPTY' });
    const missing = await failureOf(read('{"about_me":1}', { column: 'about_mee' }));
    expect(missing).toMatchObject({
      code: 'INPUT_COLUMN_MISSING',
      hint: expect.stringContaining('"about_me"'),
    });
    const long = await failureOf(read(`{"a":"${'x'.repeat(2000)}"}`, { maxRecordBytes: 1000 }));
    expect(long).toMatchObject({ code: 'INPUT_ROW_TOO_LONG', at: { line: 1 } });
    expect(await failureOf(read('{"a":1}', { delimiter: ';' }))).toMatchObject({ code: 'USAGE_DELIMITER' });
    for (const name of ['/folder/in.ods', '/folder/in.xls', '/folder/in.csv.gz']) {
      expect(await failureOf(read('PAR1', {}, name))).toMatchObject({ code: 'INPUT_FORMAT' });
    }
    expect(await failureOf(openTable(new MemoryFileSystem(), '/none.jsonl'))).toMatchObject({
      code: 'INPUT_NOT_FOUND',
    });
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

  it('takes keys out only where they are', () => {
    expect(withoutKeys('{ "a":1 }', ['b'])).toBe('{ "a":1 }');
    expect(withoutKeys('{"a":1,"b":2,"__proto__":3}', ['b'])).toBe('{"a":1,"__proto__":3}');
  });
});
