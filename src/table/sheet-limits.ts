import { RunScoringError } from '../foundation/errors.js';

/** What a sheet can hold below its first row, which has the names. */
export const SHEET_LIMITS = { rows: 1_048_575, columns: 16_384, characters: 32_767 } as const;

export function tooManyRows(path: string): RunScoringError {
  return new RunScoringError('OUTPUT_TOO_LARGE', `A sheet holds ${SHEET_LIMITS.rows} rows.`, {
    at: { file: path },
    hint: 'Write CSV or Parquet.',
  });
}

/** @param row 0-based */
export function cellTooLong(path: string, row: number, field: string): RunScoringError {
  return new RunScoringError(
    'OUTPUT_CELL_TOO_LONG',
    `A cell of a sheet holds ${SHEET_LIMITS.characters} characters, this one has more.`,
    { at: { file: path, row: row + 1, field }, hint: 'Write CSV or Parquet.' },
  );
}
