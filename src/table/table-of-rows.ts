import type { Table, TableRow } from './table.js';

/** A row in memory, by column name. */
export type PlainRow = Readonly<Record<string, unknown>>;

/** All keys of the rows, in the order in which they first occur. */
export function keysOfRows(rows: readonly PlainRow[]): string[] {
  const keys = new Set<string>();
  for (const row of rows) for (const key of Object.keys(row)) keys.add(key);
  return [...keys];
}

/** Nothing for null and where the key is missing, lists joined with ", ", the JSON text of other objects. */
export function cellOfValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(cellOfValue).join(', ');
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/**
 * Rows in memory as a table, as though they had been read from a CSV file in UTF-8. Its rows have no lines.
 * @param header the columns and their order; default: {@link keysOfRows}
 */
export function tableOfRows(rows: readonly PlainRow[], header: readonly string[] = keysOfRows(rows)): Table {
  const cell = (row: PlainRow, key: string) => cellOfValue(Object.hasOwn(row, key) ? row[key] : null);
  return {
    format: 'csv',
    header,
    column: -1,
    dialect: { delimiter: ',', quote: '"', escape: '"' },
    encoding: 'utf-8',
    marked: false,
    lineBreak: '\n',
    async *rows({ limit = rows.length } = {}): AsyncGenerator<TableRow, void, undefined> {
      for (const [at, row] of rows.slice(0, limit).entries()) {
        yield { row: at, line: at + 1, cells: header.map((key) => cell(row, key)), fault: null };
      }
    },
    digest: () => Promise.reject(new Error('rows in memory have no file')),
    identity: '',
    close: async () => {},
  };
}
