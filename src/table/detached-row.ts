import type { TableRow } from './table.js';

/** A row that is kept after its pass: stored bytes of Parquet are copied, so that they do not hold their row group in memory. */
export function detachedRow(row: TableRow): TableRow {
  return row.stored === undefined ? row : { ...row, stored: row.stored.map(copyOf) };
}

function copyOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copyOf(each)]));
}
