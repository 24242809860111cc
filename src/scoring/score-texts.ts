import type { Config } from '../config/schema.js';
import { textOfValue } from '../table/cell-value.js';
import { valueOfPlain } from '../table/table-of-rows.js';
import type { RunProgress } from './csv-run-options.js';
import type { LoadContext, LoadModel, ScoringRow } from './model-port.js';
import { isFailed, type RowRecord } from './record.js';
import { numericColumns, resultColumns, resultValues } from './result-columns.js';
import { type ModelOutcome, runModel } from './run-model.js';
import { type ModelSummary, Tally } from './run-summary.js';
import { unaskedRecord } from './unasked-rows.js';

export interface ScoreTexts {
  /** Values of the column; null, undefined and white space are no text. */
  readonly texts: readonly unknown[];
  readonly parse: boolean;
  readonly config: Config;
  readonly loadModel: LoadModel;
  readonly context: LoadContext;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: RunProgress) => void) | undefined;
}

/** A column of a model: text or numbers (confidence), null where nothing is known. As many values as there are texts. */
export interface ResultColumn {
  readonly name: string;
  readonly numeric: boolean;
  readonly values: readonly (string | number | null)[];
}

export interface ScoredTexts {
  readonly columns: readonly ResultColumn[];
  readonly models: readonly ModelSummary[];
  /** By model and text; undefined where the model was lost before. */
  readonly records: readonly (readonly (RowRecord | undefined)[])[];
}

/** Scores texts that are in memory with each model in turn. */
export async function scoreTexts(work: ScoreTexts): Promise<ScoredTexts> {
  const { parse, config, loadModel, context, signal, onProgress } = work;
  const texts = work.texts.map(textOf);
  const columns: ResultColumn[] = [];
  const models: ModelSummary[] = [];
  const allRecords: (RowRecord | undefined)[][] = [];
  for (const entry of config.getEnabledModels()) {
    const tally = new Tally(config);
    const records = texts.map((text, row) => (text === '' ? unaskedRecord(row, 'empty_input') : undefined));
    let failed = 0;
    const report = (done: number) => onProgress?.({ model: entry.name, done, total: texts.length, failed });
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
    if (outcome.finished) report(texts.length);
    for (const record of records) if (record !== undefined) tally.add(record);
    const known = outcome.finished ? records : [];
    const rows = texts.map((_, row) => {
      const record = known[row];
      return record === undefined ? [] : resultValues(config, record, parse);
    });
    const numeric = numericColumns([entry.name]);
    for (const [at, name] of resultColumns(config, entry.name, parse).entries()) {
      const values = rows.map((row) => row[at] ?? null);
      columns.push({ name, numeric: numeric.has(name), values });
    }
    models.push(toSummary(entry, tally, outcome));
    allRecords.push(records);
    if (signal?.aborted === true) break;
  }
  return { columns, models, records: allRecords };
}

const NOTHING_TO_DO: ModelOutcome = {
  info: null,
  finished: true,
  scored: 0,
  seconds: 0,
  loadSeconds: 0,
  error: null,
};

/** Numbers and the like are taken as they print. */
function textOf(value: unknown): string {
  const text = textOfValue(valueOfPlain(value));
  return text.trim() === '' ? '' : text;
}

async function* rowsWithText(texts: readonly string[]): AsyncGenerator<ScoringRow, void, undefined> {
  for (const [row, text] of texts.entries()) if (text !== '') yield { row, text };
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
