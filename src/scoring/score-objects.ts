import type { Config } from '../config/schema.js';
import type { RunProgress } from './csv-run-options.js';
import type { LoadContext, LoadModel, ScoringRow } from './model-port.js';
import { isFailed, type RowRecord } from './record.js';
import { resultColumns, resultValues } from './result-columns.js';
import { type ModelOutcome, runModel } from './run-model.js';
import { type ModelSummary, Tally } from './run-summary.js';
import { unaskedRecord } from './unasked-rows.js';

/** A given row with the models' columns: text, a confidence, or null. */
export type ScoredRow = Record<string, unknown>;

export interface ScoreObjects {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly column: string;
  readonly parse: boolean;
  readonly config: Config;
  readonly loadModel: LoadModel;
  readonly context: LoadContext;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: RunProgress) => void) | undefined;
}

export interface ScoredObjects {
  readonly rows: ScoredRow[];
  readonly models: readonly ModelSummary[];
  /** By model and row; undefined where the model was lost before. */
  readonly records: readonly (readonly (RowRecord | undefined)[])[];
}

/** Scores rows that are in memory with each model in turn. */
export async function scoreObjects(work: ScoreObjects): Promise<ScoredObjects> {
  const { rows, column, parse, config, loadModel, context, signal, onProgress } = work;
  const texts = rows.map((row) => textOf(Object.hasOwn(row, column) ? row[column] : undefined));
  // A spread defines every key as the row's own, `__proto__` too.
  const scored: ScoredRow[] = rows.map((row) => ({ ...row }));
  const models: ModelSummary[] = [];
  const allRecords: (RowRecord | undefined)[][] = [];
  for (const entry of config.getEnabledModels()) {
    const tally = new Tally(config);
    const records = texts.map((text, row) => (text === '' ? unaskedRecord(row, 'empty_input') : undefined));
    let failed = 0;
    const report = (done: number) => onProgress?.({ model: entry.name, done, total: rows.length, failed });
    const outcome: ModelOutcome = texts.every((text) => text === '')
      ? NOTHING_TO_DO
      : await runModel({
          entry,
          config,
          loadModel,
          context,
          signal,
          rows: rowsWithText(texts),
          onRecord: (record) => {
            records[record.row] = record;
            if (isFailed(record.status)) failed += 1;
            report(record.row + 1);
          },
        });
    if (outcome.finished) report(rows.length);
    for (const record of records) if (record !== undefined) tally.add(record);
    addColumns(scored, outcome.finished ? records : [], resultColumns(config, entry.name, parse), (record) =>
      resultValues(config, record, parse),
    );
    models.push(toSummary(entry, tally, outcome));
    allRecords.push(records);
    if (signal?.aborted === true) break;
  }
  return { rows: scored, models, records: allRecords };
}

const NOTHING_TO_DO: ModelOutcome = {
  info: null,
  finished: true,
  scored: 0,
  seconds: 0,
  loadSeconds: 0,
  error: null,
};

/** Null, undefined and white space are no text; numbers and the like are taken as they print. */
function textOf(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value);
  return text.trim() === '' ? '' : text;
}

async function* rowsWithText(texts: readonly string[]): AsyncGenerator<ScoringRow, void, undefined> {
  for (const [row, text] of texts.entries()) if (text !== '') yield { row, text };
}

function addColumns(
  rows: ScoredRow[],
  records: readonly (RowRecord | undefined)[],
  columns: readonly string[],
  values: (record: RowRecord) => (string | number | null)[],
): void {
  for (const [index, row] of rows.entries()) {
    const record = records[index];
    const cells = record === undefined ? [] : values(record);
    for (const [at, name] of columns.entries()) setColumn(row, name, cells[at] ?? null);
  }
}

/** As the row's own key, whatever its name. */
export function setColumn(row: ScoredRow, name: string, value: string | number | null): void {
  Object.defineProperty(row, name, { value, enumerable: true, writable: true, configurable: true });
}

function toSummary(
  entry: { name: string; model_id: string },
  tally: Tally,
  outcome: ModelOutcome,
): ModelSummary {
  const { statuses, labels, inputTokens, outputTokens } = tally;
  const { info, finished, scored, seconds, loadSeconds, error } = outcome;
  return {
    name: entry.name,
    modelId: entry.model_id,
    info,
    finished,
    statuses,
    labels,
    scoredNow: scored,
    reused: 0,
    seconds,
    loadSeconds,
    inputTokens,
    outputTokens,
    error,
  };
}
