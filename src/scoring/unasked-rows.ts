import type { TableRow } from '../table/table.js';
import type { RowRecord } from './record.js';

/** Rows that no model is asked about. */
export type UnaskedStatus = 'empty_input' | 'error_bad_row';

/** Why nobody is asked about a row; undefined when the models are. */
export function unaskedStatus(row: TableRow, column: number): UnaskedStatus | undefined {
  if (row.fault !== null) return 'error_bad_row';
  return row.cells[column]!.trim() === '' ? 'empty_input' : undefined;
}

export function unaskedRecord(row: number, status: UnaskedStatus): RowRecord {
  return { row, status, raw: null, values: null, confidence: null, inputTokens: 0, outputTokens: 0 };
}
