import type { SchemaElement } from 'hyparquet';
import { type CellValue, textOfValue } from '../cell-value.js';
import type { Table } from '../table.js';
import { valuesOfRow } from '../written-table.js';

type Kind = 'boolean' | 'integer' | 'number' | 'date' | 'datetime' | 'text';

/** How the values of a column are written. */
export interface WrittenColumn {
  readonly element: Omit<SchemaElement, 'name'>;
  /** Never called with null. */
  readonly store: (value: CellValue) => unknown;
}

/**
 * The columns of a table that has no schema: what all values of a column are, else text. Reads the table once, unless it is CSV,
 * whose cells are all texts.
 * @param limit rows that count
 */
export async function inferColumns(table: Table, limit: number | undefined): Promise<WrittenColumn[]> {
  const kinds: (Kind | undefined)[] = table.header.map(() => (table.format === 'csv' ? 'text' : undefined));
  if (table.format !== 'csv') {
    for await (const row of table.rows({ limit })) {
      for (const [at, value] of valuesOfRow(row, table.header).entries()) {
        if (at < kinds.length && value !== null) kinds[at] = widerKind(kinds[at], kindOf(value));
      }
    }
  }
  return kinds.map((kind) => COLUMNS[kind ?? 'text']);
}

function kindOf(value: Exclude<CellValue, null>): Kind {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return kindOfNumber(value);
  if (typeof value === 'string' || typeof value === 'bigint') return 'text';
  if (value.kind === 'number') return kindOfNumber(value.serial!);
  return value.kind === 'date' || value.kind === 'datetime' ? value.kind : 'text';
}

function kindOfNumber(value: number): Kind {
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? 'integer' : 'number';
}

function widerKind(before: Kind | undefined, kind: Kind): Kind {
  if (before === undefined || before === kind) return kind;
  const both = new Set([before, kind]);
  if (both.has('integer') && both.has('number')) return 'number';
  return both.has('date') && both.has('datetime') ? 'datetime' : 'text';
}

export const TEXT_COLUMN: WrittenColumn = {
  element: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  store: (value) => Buffer.from(textOfValue(value), 'utf8'),
};

export const NUMBER_COLUMN: WrittenColumn = { element: { type: 'DOUBLE' }, store: numberOf };

const COLUMNS: Readonly<Record<Kind, WrittenColumn>> = {
  text: TEXT_COLUMN,
  number: NUMBER_COLUMN,
  boolean: { element: { type: 'BOOLEAN' }, store: (value) => value },
  integer: { element: { type: 'INT64' }, store: (value) => BigInt(numberOf(value)) },
  date: {
    element: { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } },
    store: (value) => Date.parse(textOfValue(value)) / 86_400_000,
  },
  datetime: {
    element: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' } },
    store: (value) => BigInt(Date.parse(`${textOfValue(value).replace(/^[^T]*$/, '$&T00:00:00')}Z`)) * 1000n,
  },
};

function numberOf(value: CellValue): number {
  return typeof value === 'object' && value !== null ? value.serial! : Number(value);
}
