/**
 * What became of one row under one model. A row's failure is data, never an exception;
 * success and failure share all keys.
 */
export const ROW_STATUSES = [
  'ok',
  /** The cell was empty or white space; the model was not asked. */
  'empty_input',
  /** Scored, but the text was cut to `generation.max_input_tokens` first. */
  'truncated_input',
  /** The model had not finished after `generation.max_new_tokens`. */
  'truncated_output',
  /** The model finished, but its text does not hold the output fields. */
  'invalid_output',
  /** The model's numbers were not finite; there is no label. */
  'error_non_finite',
  /** The row took longer than `--timeout-per-row`. */
  'error_timeout',
  /** The model's process died or froze on this row, repeatedly. */
  'error_worker',
  /** The input row itself is damaged and was kept with `--on-bad-row keep`. */
  'error_bad_row',
] as const;

export type RowStatus = (typeof ROW_STATUSES)[number];

/** Values of the output fields by field name: an enum or string as text, a string list as an array. */
export type FieldValues = Readonly<Record<string, string | readonly string[]>>;

export interface RowRecord {
  /** 0-based index of the data row in the input (the header does not count). */
  readonly row: number;
  readonly status: RowStatus;
  /** The model's own text, kept also when it could not be parsed; null when the model was not asked. */
  readonly raw: string | null;
  /** Null unless the text was parsed against the output fields. */
  readonly values: FieldValues | null;
  /** Probability of the chosen label among the allowed ones, in [0, 1]; null when there was no such decision. */
  readonly confidence: number | null;
  /** Tokens of the rendered prompt, shared prefix included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Whether the row carries parsed values that a reader may use. */
export function isScored(status: RowStatus): boolean {
  return status === 'ok' || status === 'truncated_input';
}

/** Whether the row counts as failed in summaries, exit codes and evaluation. Empty cells are not failures. */
export function isFailed(status: RowStatus): boolean {
  return !isScored(status) && status !== 'empty_input';
}
