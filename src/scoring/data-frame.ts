import type { ResultColumn } from './score-texts.js';

/** A table in memory, of whatever library. */
export interface DataFrame<T> {
  readonly header: readonly string[];
  /** The values of a column of `header`. */
  values(column: string): readonly unknown[];
  /** A new table of the same library: the columns as they are, then these. */
  withColumns(columns: readonly ResultColumn[]): T;
}

/** Copies of rows that are plain objects, with keys added. */
export type ScoredRow = Record<string, unknown>;

export function rowsFrame(rows: readonly Readonly<Record<string, unknown>>[]): DataFrame<ScoredRow[]> {
  const keys = new Set<string>();
  for (const row of rows) for (const key of Object.keys(row)) keys.add(key);
  return {
    header: [...keys],
    values: (column) => rows.map((row) => (Object.hasOwn(row, column) ? row[column] : undefined)),
    withColumns: (columns) => {
      // A spread defines every key as the row's own, `__proto__` too.
      const scored: ScoredRow[] = rows.map((row) => ({ ...row }));
      for (const { name, values } of columns) {
        for (const [index, row] of scored.entries()) {
          const value = values[index];
          Object.defineProperty(row, name, { value, enumerable: true, writable: true, configurable: true });
        }
      }
      return scored;
    },
  };
}
