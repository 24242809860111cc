import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fixturePath, readTable } from './table-files.js';

/** Everything here was made, and read for comparison, by openpyxl, XlsxWriter, pyarrow and Polars: scripts/table-fixtures/. */
function json<T>(name: string): T {
  return JSON.parse(readFileSync(fixturePath(`${name}.json`), 'utf8')) as T;
}

type Sheets = Record<string, { line: number; cells: string[] }[]>;
interface Columns {
  types: Record<string, string>;
  columns: Record<string, string[]>;
}

describe('workbooks made by Python', () => {
  for (const [name, sheet] of [
    ['openpyxl.xlsx', 'People'],
    ['openpyxl.xlsx', 'Other things'],
    ['xlsxwriter.xlsx', 'Sheet & co'],
    ['date1904.xlsx', 'Sheet1'],
  ] as const) {
    it(`${name}#${sheet} has the cells that openpyxl reads`, async () => {
      const [header, ...wanted] = json<Sheets>(name)[sheet]!;
      const { table, rows } = await readTable(`${fixturePath(name)}#${sheet}`);
      const width = table.header.length;
      expect(table.header).toEqual(header!.cells.slice(0, width));
      // openpyxl counts a merged range and formatted columns in.
      expect(header!.cells.slice(width).join('')).toBe('');
      expect(rows.map(({ line, cells }) => ({ line, cells }))).toEqual(
        wanted.map(({ line, cells }) => ({ line, cells: cells.slice(0, width) })),
      );
    });
  }

  it('are read by their first sheet that is not hidden', async () => {
    expect((await readTable(fixturePath('xlsxwriter.xlsx'))).table.sheet!.name).toBe('Sheet & co');
    const { table } = await readTable(fixturePath('openpyxl.xlsx'));
    expect([table.sheet!.name, table.sheet!.named]).toEqual(['People', false]);
  });

  it('have values of their types', async () => {
    const { rows } = await readTable(fixturePath('openpyxl.xlsx'));
    const kinds = rows[0]!.values!.map((value) =>
      typeof value === 'object' && value !== null ? [value.kind, value.format] : typeof value,
    );
    expect(kinds.slice(0, 8)).toEqual([
      'number',
      'string',
      ['date', 'yyyy-mm-dd'],
      ['datetime', 'yyyy-mm-dd h:mm:ss'],
      'boolean',
      ['time', 'h:mm:ss'],
      ['number', '"$"#,##0.00'],
      ['number', '0.0%'],
    ]);
    expect(rows[2]!.values![0]).toBe('003');
    expect(rows[3]!.values![8]).toEqual({ kind: 'error', text: '#N/A' });
  });
});

describe('Parquet made by Python', () => {
  const names = [
    ...['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4', 'pages', 'encodings', 'polars'].map(
      (kind) => `people-${kind}`,
    ),
    'types',
    'nested',
    'nested-v2',
    'int96',
    'no-rows',
  ];
  for (const name of names) {
    it(`${name}.parquet has the values that pyarrow reads`, async () => {
      const wanted = json<Columns>(`${name}.parquet`).columns;
      const { table, rows } = await readTable(fixturePath(`${name}.parquet`));
      expect(table.header).toEqual(Object.keys(wanted));
      for (const [at, column] of table.header.entries()) {
        expect([column, rows.map((row) => row.cells[at])]).toEqual([column, wanted[column]]);
      }
    });
  }

  it('tells null from nothing', async () => {
    const { rows } = await readTable(fixturePath('people-snappy.parquet'));
    expect([rows[8]!.values![1], rows[4]!.values![1]]).toEqual(['', null]);
  });
});
