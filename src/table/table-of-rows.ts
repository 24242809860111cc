import { type CellValue, textOfValue } from './cell-value.js';
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
export function cellOfPlain(value: unknown): string {
  return Array.isArray(value) ? value.map(cellOfPlain).join(', ') : textOfValue(valueOfPlain(value));
}

/** What a value of a program means in a table: a Date is a moment in UTC, a list or another object JSON. */
export function valueOfPlain(value: unknown): CellValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value;
  if (value instanceof Date) {
    return Number.isNaN(value.getTime())
      ? null
      : { kind: 'datetime', text: value.toISOString().slice(0, -1) };
  }
  return { kind: 'json', text: JSON.stringify(value, plainNumber) };
}

/** JSON has no bigint, which lists of 64-bit numbers hold: a number where a double is exact, else text. */
function plainNumber(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

/**
 * Rows in memory as a table, as though they had been read from a file. Its rows have no lines.
 * @param header the columns and their order; default: {@link keysOfRows}
 */
export function tableOfRows(rows: readonly PlainRow[], header: readonly string[] = keysOfRows(rows)): Table {
  return {
    format: 'rows',
    header,
    column: -1,
    dialect: { delimiter: ',', quote: '"', escape: '"' },
    encoding: 'utf-8',
    marked: false,
    lineBreak: '\n',
    async *rows({ limit = rows.length } = {}): AsyncGenerator<TableRow, void, undefined> {
      for (const [at, row] of rows.slice(0, limit).entries()) {
        const given = header.map((key) => (Object.hasOwn(row, key) ? row[key] : null));
        const cells = given.map(cellOfPlain);
        yield { row: at, line: at + 1, cells, fault: null, values: given.map(valueOfPlain) };
      }
    },
    digest: () => Promise.reject(new Error('rows in memory have no file')),
    identity: '',
    close: async () => {},
  };
}
