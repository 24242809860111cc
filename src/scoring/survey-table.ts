import type { Table, TableRow } from '../table/table.js';
import { unaskedStatus } from './unasked-rows.js';

/** What a first pass over the input finds. Rows beyond the limit are not looked at. */
export interface Survey {
  readonly rows: number;
  /** The last row with a text for the models, -1 without any. */
  readonly lastText: number;
  readonly badRows: number;
  /** The limit was reached, so the file may have more rows. */
  readonly limited: boolean;
}

/**
 * Reads the whole input once before any model is loaded: a damaged row at its end is found before hours of work.
 * @param check throws where the output could not hold a row
 * @throws RunScoringError INPUT_… for the first damaged row, unless such rows are kept
 */
export async function surveyTable(
  table: Table,
  limit: number | undefined,
  signal: AbortSignal | undefined,
  check?: (row: TableRow) => void,
): Promise<Survey | 'stopped'> {
  let rows = 0;
  let lastText = -1;
  let badRows = 0;
  for await (const row of table.rows({ limit })) {
    if (signal?.aborted === true) return 'stopped';
    check?.(row);
    rows += 1;
    const status = unaskedStatus(row, table.column);
    if (status === 'error_bad_row') badRows += 1;
    if (status === undefined) lastText = row.row;
  }
  return { rows, lastText, badRows, limited: rows === limit };
}
