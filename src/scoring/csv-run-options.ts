import type { FormulaGuard } from '../table/formula-guard.js';
import type { AddedColumnsOptions } from './added-columns.js';

export interface RunProgress {
  readonly model: string;
  /** Rows behind the model, those without a text included. */
  readonly done: number;
  readonly total: number | undefined;
  readonly failed: number;
}

export interface CsvRunOptions extends AddedColumnsOptions {
  /** A table (.csv, .tsv, .jsonl, .xlsx, .xlsx#Sheet, .parquet), or `-` for CSV from stdin. */
  readonly inputPath: string;
  /** A table of any of these formats that is replaced once the new one is complete, or `-` for stdout. */
  readonly outputPath: string;
  /** The column with the texts. Default: the config's `data.dataset_column`. */
  readonly inputColumn?: string;
  /** Only the first so many data rows are scored and written. */
  readonly limit?: number | undefined;
  /** Default true. False: only the raw answers are written. */
  readonly parseOutputs?: boolean;
  /** Default true. False: an existing output is an error. */
  readonly clobber?: boolean;
  /** Go on with an interrupted run of the same input and settings; without one, start. */
  readonly resume?: boolean;
  /** Like `resume`, and ask again about rows that failed. */
  readonly retryErrors?: boolean;
  /** See `ENCODINGS`. Default: by the byte order mark, else utf-8. The output is always UTF-8. */
  readonly encoding?: string | undefined;
  /** Default: found by itself among , ; tab and |. CSV output has the same. */
  readonly delimiter?: string | undefined;
  /** A row with too few or too many cells, broken quotes or a formula without a value: an error (default), or kept with status error_bad_row. */
  readonly onBadRow?: 'refuse' | 'keep';
  /** Default `outputs`. */
  readonly formulaGuard?: FormulaGuard;
  /** Stops the run: what is done stays in the journal and the summary says `interrupted`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RunProgress) => void;
  /** One line for a person. Never holds cell text. */
  readonly onNote?: (line: string) => void;
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly stdout?: NodeJS.WritableStream;
}
