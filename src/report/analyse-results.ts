import type { Config } from '../config/schema.js';
import { ENSEMBLE_COLUMNS } from '../config/shared-columns.js';
import { RunScoringError } from '../foundation/errors.js';
import { type PlainRow, tableOfRows } from '../table/table-of-rows.js';
import { type CompareOptions, type Comparison, compareRaters } from './compare-raters.js';
import { type EnsembleSettings, ensembleValues, isAsked, NO_VOTE, voteOf } from './ensemble-cells.js';
import { type EvaluateOptions, type Evaluation, evaluateRaters } from './evaluate-raters.js';
import { chooseRaters, refuseUnlabelled, voted } from './evaluated-raters.js';
import { type ReadResultsOptions, type Results, readOpenTable, readResults } from './read-results.js';
import { rubricOf } from './rubric.js';

/** A table file that a run wrote, by its path, or rows as `processRows` returns them. */
export type ScoredTable = string | readonly PlainRow[];

export interface ReadingOptions {
  /** Only these models, by name. */
  readonly models?: readonly string[];
  /** What words in label cells mean, such as `{ Bad: 'bad', nan: '' }`, or `{ yes: ['bad', '1'] }` with tag columns. */
  readonly mapLabels?: Readonly<Record<string, string | readonly string[]>>;
  /** Read rows of runs with different configs as one table. Default false. */
  readonly allowMixedRuns?: boolean;
}

/**
 * How far the models agree, without any truth: what `run-scoring compare` shows. `renderComparison` makes text of it.
 * @throws RunScoringError INPUT_NO_MODEL_COLUMNS, INPUT_LABEL_UNKNOWN, INPUT_LABEL_SPELLING, INPUT_MIXED_RUNS, and those
 *   of reading a file
 */
export async function compareResults(
  config: Config,
  table: ScoredTable,
  options: ReadingOptions & CompareOptions = {},
): Promise<Comparison> {
  // Agreement needs no labels by people.
  const results = await read(config, table, options, { raters: options.models, badLabels: 'leave' });
  return compareRaters(results, options);
}

/**
 * The models, and their vote, against the labels that people gave in the config's `data.human_label_column`: what
 * `run-scoring evaluate` shows. `renderEvaluation` makes text of it.
 * @param options.ensemble the vote to evaluate; default: the table's own, else the majority of three or more models
 * @throws RunScoringError as {@link compareResults}; INPUT_COLUMN_MISSING and INPUT_NO_LABELS without labels
 */
export async function evaluateResults(
  config: Config,
  table: ScoredTable,
  options: ReadingOptions & EvaluateOptions & { readonly ensemble?: EnsembleSettings } = {},
): Promise<Evaluation> {
  // The vote may need the models that are not evaluated.
  const results = await read(config, table, options, {
    alsoRaters: options.models,
    whileOpen: async (found, { header }) => refuseUnlabelled(found, header),
  });
  return evaluateRaters(chooseRaters(voted(results, options.ensemble), options.models), options);
}

/**
 * Lets the models of scored rows vote: new rows with `ensemble_flag`, `ensemble_margin` and `ensemble_votes` behind the
 * given keys, in place of those that may be there. Rows without a text get nulls.
 * @throws RunScoringError as {@link compareResults}
 */
export async function voteOnRows(
  config: Config,
  rows: readonly PlainRow[],
  ensemble: EnsembleSettings,
  options: ReadingOptions = {},
): Promise<Record<string, unknown>[]> {
  const badLabels = ensemble.method === 'weighted' ? 'refuse' : 'leave';
  const results = await read(config, rows, options, { raters: options.models, badLabels });
  const decide = voteOf(results, ensemble);
  return rows.map((row, at) => {
    const values = isAsked(results, at) ? ensembleValues(decide(at), results.rubric.labels) : NO_VOTE;
    const kept = Object.entries(row).filter(
      ([key]) => !(ENSEMBLE_COLUMNS as readonly string[]).includes(key),
    );
    return Object.fromEntries([...kept, ...ENSEMBLE_COLUMNS.map((name, place) => [name, values[place]])]);
  });
}

async function read(
  config: Config,
  table: ScoredTable,
  { mapLabels = {}, allowMixedRuns = false }: ReadingOptions,
  needs: Pick<ReadResultsOptions, 'raters' | 'alsoRaters' | 'badLabels' | 'whileOpen'>,
): Promise<Results> {
  const options: Omit<ReadResultsOptions, 'path'> = {
    rubric: rubricOf(config),
    mapping: Object.entries(mapLabels).flatMap(([word, meaning]) =>
      [meaning].flat().map((each) => [word, each] as const),
    ),
    allowMixedRuns,
    ...needs,
  };
  if (typeof table === 'string') return readResults({ ...options, path: table });
  try {
    return await readOpenTable(options, tableOfRows(table), '');
  } catch (error) {
    throw withoutFile(error);
  }
}

/** Rows in memory have a number and keys, and neither file nor lines. */
function withoutFile(error: unknown): unknown {
  if (!(error instanceof RunScoringError)) return error;
  const { file: _file, line: _line, ...at } = error.at;
  const { hint } = error;
  return new RunScoringError(error.code, error.message, { at, ...(hint === undefined ? {} : { hint }) });
}
