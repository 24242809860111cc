import type { Config } from '../config/schema.js';
import { ExitCode } from '../foundation/exit-codes.js';
import type { TableLayout } from '../table/table-kind.js';
import type { ModelInfo } from './model-port.js';
import { isFailed, ROW_STATUSES, type RowRecord, type RowStatus } from './record.js';

/** Why a model did not finish. Holds no cell text. */
export interface ModelError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** What became of one model. Counts are rows. */
export interface ModelSummary {
  readonly name: string;
  readonly modelId: string;
  /** Null when the model was not loaded, also because an earlier run had already scored every row. */
  readonly info: ModelInfo | null;
  /** Every row has its record. A model that did not finish has empty columns in the output. */
  readonly finished: boolean;
  readonly statuses: Readonly<Record<RowStatus, number>>;
  /** Rows by label, for each output field with a list of labels. */
  readonly labels: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Records made in this run. */
  readonly scoredNow: number;
  /** Records taken over from an earlier, interrupted run. */
  readonly reused: number;
  /** Seconds in which the model scored, loading not included. */
  readonly seconds: number;
  readonly loadSeconds: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly error: ModelError | null;
}

/** What became of a run. Plain data, made for JSON; holds no cell text. */
export interface RunSummary {
  readonly input: string;
  readonly output: string;
  /** Data rows, those with an empty text and damaged ones included. */
  readonly rows: number;
  readonly models: readonly ModelSummary[];
  readonly seconds: number;
  /** Damaged rows of the input that were kept. */
  readonly badRows: number;
  /** Cells of the output that a spreadsheet could take for a formula, before the guard. */
  readonly riskyCells: { readonly input: number; readonly output: number };
  /** Stopped by the signal; what is done is in the journal and the output was not touched. */
  readonly interrupted: boolean;
  /** A resumed run that had already finished: nothing was done. */
  readonly alreadyDone: boolean;
  readonly outputWritten: boolean;
  /** How the output is to be read; undefined where there is none, and where an older run wrote it. */
  readonly layout?: TableLayout;
  readonly exitCode: ExitCode;
}

/** Counts of one model's records. */
export class Tally {
  readonly statuses = Object.fromEntries(ROW_STATUSES.map((status) => [status, 0])) as Record<
    RowStatus,
    number
  >;
  readonly labels: Record<string, Record<string, number>> = Object.create(null);
  inputTokens = 0;
  outputTokens = 0;

  constructor(config: Config) {
    for (const field of config.output.fields) {
      if (field.type === 'string') continue;
      const counts: Record<string, number> = Object.create(null);
      for (const label of field.values) counts[label] = 0;
      this.labels[field.name] = counts;
    }
  }

  add(record: RowRecord): void {
    this.statuses[record.status] += 1;
    this.inputTokens += record.inputTokens;
    this.outputTokens += record.outputTokens;
    if (record.values === null) return;
    for (const [field, counts] of Object.entries(this.labels)) {
      const value = record.values[field];
      for (const label of typeof value === 'string' ? [value] : (value ?? [])) {
        if (label in counts) counts[label] = counts[label]! + 1;
      }
    }
  }

  get failed(): number {
    return ROW_STATUSES.reduce((sum, status) => sum + (isFailed(status) ? this.statuses[status] : 0), 0);
  }
}

/** 0 done, 5 no model finished, 6 some rows or models failed, 130 stopped. */
export function runExitCode(
  models: readonly Pick<ModelSummary, 'finished' | 'statuses'>[],
  interrupted: boolean,
): ExitCode {
  if (interrupted) return ExitCode.interrupted;
  if (!models.some((model) => model.finished)) return ExitCode.noModel;
  const whole = models.every(
    (model) =>
      model.finished && ROW_STATUSES.every((status) => !isFailed(status) || model.statuses[status] === 0),
  );
  return whole ? ExitCode.done : ExitCode.partial;
}
