import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TableRow } from '../../src/table/table.js';
import { ADDED, addedCells, fixturePath, readTable, writeCopy } from './table-files.js';
import { partsText } from './xlsx/parts-text.js';

/**
 * Python has read the files in fixtures/tables/written and put down what it found (scripts/table-fixtures/read_back.py); here
 * it is made sure that they are what is written today.
 */
const COPIES = [
  ['openpyxl.xlsx#People', 'openpyxl.xlsx'],
  ['xlsxwriter.xlsx', 'xlsxwriter.xlsx'],
  ['date1904.xlsx', 'date1904.xlsx'],
  ['types.parquet', 'types-as-sheet.xlsx'],
  ['types.parquet', 'types.parquet'],
  ['nested.parquet', 'nested.parquet'],
  ['people-polars.parquet', 'people-polars.parquet'],
  ['no-rows.parquet', 'no-rows.parquet'],
  ['int96.parquet', 'int96.parquet'],
  ['openpyxl.xlsx#People', 'openpyxl-as.parquet'],
] as const;

const json = <T>(name: string, folder: 'read' | 'written') =>
  JSON.parse(readFileSync(fixturePath(`${name}.json`, folder), 'utf8')) as T;

describe('tables that Python has read', () => {
  for (const [from, to] of COPIES) {
    it(`${to} is still written like that`, async () => {
      const bytes = await writeCopy(fixturePath(from), to);
      if (process.env['UPDATE_WRITTEN_TABLES'] === '1') writeFileSync(fixturePath(to, 'written'), bytes);
      const known = readFileSync(fixturePath(to, 'written'));
      if (to.endsWith('.parquet')) expect(bytes.equals(known)).toBe(true);
      else expect(await partsText(bytes)).toEqual(await partsText(known));
      expect((await writeCopy(fixturePath(from), to)).equals(bytes)).toBe(true);
    });
  }

  it('have in Python the values that they were made from, and the new ones', () => {
    for (const [from, to] of COPIES.filter((copy) => copy[1].endsWith('.parquet') && copy[0] === copy[1])) {
      type Columns = { types: Record<string, string>; columns: Record<string, string[]> };
      const given = json<Columns>(from, 'read');
      const { types, columns } = json<Columns>(to, 'written');
      const rows = given.columns['about_me']!.length;
      const added = Array.from({ length: rows }, (_, row) => addedCells(row));
      const expected = {
        ...given.columns,
        ...Object.fromEntries(ADDED.map((name, at) => [name, added.map((cells) => cells[at]!)])),
      };
      expect(columns).toEqual(expected);
      const kept = { ...given.types, ...(from === 'int96.parquet' ? { seen: 'timestamp[us]' } : {}) };
      expect(types).toEqual({
        ...kept,
        ai_m_flag: 'string',
        ai_m_confidence: 'double',
        ai_m_reasoning: 'string',
      });
    }
  });

  it('have in Python the cells that they were made from, where they became sheets', async () => {
    for (const [from, to] of COPIES.filter((copy) => copy[1].endsWith('.xlsx'))) {
      const { table, rows } = await readTable(fixturePath(from));
      const sheets = json<Record<string, { line: number; cells: string[] }[]>>(to, 'written');
      const [[name, [header, ...read]]] = Object.entries(sheets) as [
        [string, { line: number; cells: string[] }[]],
      ];
      expect(name).toBe(table.sheet?.name ?? 'Sheet1');
      expect(header!.cells).toEqual([...table.header, ...ADDED]);
      // Decimals that a sheet can hold are numbers there.
      const cellsOf = (row: TableRow) =>
        row.values!.map((value, at) => {
          const isNumber = typeof value === 'object' && value?.kind === 'decimal' && value.text.length < 16;
          return isNumber ? String(Number(value.text)) : row.cells[at]!;
        });
      expect(read.map((row) => row.cells)).toEqual(
        rows.map((row) => [...cellsOf(row), ...addedCells(row.row)]),
      );
    }
  });

  it('got types where the sheet that they come from has them', () => {
    const { types } = json<{ types: Record<string, string> }>('openpyxl-as.parquet', 'written');
    expect(types).toMatchObject({
      id: 'string',
      about_me: 'string',
      born: 'date32[day]',
      seen: 'timestamp[us]',
      works: 'bool',
      hours: 'string',
      pay: 'double',
      share: 'double',
      note: 'string',
    });
  });
});
