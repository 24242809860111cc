import { CONFIG_HASH_COLUMN, ENSEMBLE_COLUMNS, MARGIN_COLUMN } from '../config/shared-columns.js';
import { RunScoringError } from '../foundation/errors.js';
import { nearestName } from '../foundation/nearest-name.js';
import { findColumn } from '../table/header-map.js';

/** The columns of one model, or of the ensemble, by position; -1 for a column that is not there. */
export interface RaterColumns {
  readonly name: string;
  readonly kind: 'model' | 'ensemble';
  readonly label: number;
  readonly tags: number;
  readonly confidence: number;
  readonly status: number;
}

export interface ResultsHeader {
  readonly raters: readonly RaterColumns[];
  readonly human: number;
  /** One for each tag of the rubric: the 0/1 column that people filled. */
  readonly humanTags: readonly number[];
  readonly text: number;
  readonly configHash: number;
  /** Columns that were in the table before it was scored, those with people's labels left out. */
  readonly input: readonly number[];
  /** Columns that runs and commands added: what models and their vote said, review scores, keys. */
  readonly added: readonly number[];
}

export interface HeaderNames {
  readonly labelField: string;
  /** All output fields, the label among them. */
  readonly fields: readonly string[];
  /** Null when the rubric has no list of tags. */
  readonly tagsField: string | null;
  readonly tags: readonly string[];
  readonly humanColumn: string;
  readonly textColumn: string;
  readonly outputColumn: string;
}

export const ENSEMBLE = 'ensemble';
/** Holds numbers. */
export const REVIEW_SCORE_COLUMN = 'review_score';
export const ROW_KEY_COLUMN = 'row_key';
/** What a review file adds besides the row key. */
export const REVIEW_COLUMNS = [REVIEW_SCORE_COLUMN, 'review_reasons'] as const;

/**
 * Finds the models of a scored table by its header: `ai_<model>_<label field>`, and the ensemble by `ensemble_flag`. Where some of
 * them have the raw answer or the status that runs give each model, only those are models; the others are columns of the user's.
 * `ai_<model>_<field>` is never another model, whatever the field is called.
 * @param asked names that are models whatever columns they have
 * @throws RunScoringError INPUT_NO_MODEL_COLUMNS, INPUT_COLUMN_AMBIGUOUS
 */
export function readResultsHeader(
  header: readonly string[],
  names: HeaderNames,
  file: string,
  asked: readonly string[] = [],
): ResultsHeader {
  const position = (name: string) => (header.includes(name) ? findColumn(header, name, file) : -1);
  const suffix = `_${names.labelField}`;
  const candidates = [
    ...new Set(
      header
        .filter((name) => name.startsWith('ai_') && name.endsWith(suffix))
        .map((name) => name.slice('ai_'.length, -suffix.length))
        .filter((name) => name !== ''),
    ),
  ];
  const isWritten = (name: string) =>
    header.includes(`${names.outputColumn}_${name}`) || header.includes(`ai_${name}_status`);
  const likely = candidates.some(isWritten)
    ? candidates.filter((name) => isWritten(name) || asked.includes(name))
    : candidates;
  const isField = (name: string) =>
    likely.some(
      (model) =>
        name.startsWith(`${model}_`) && names.fields.includes(`${name.slice(model.length + 1)}${suffix}`),
    );
  const models = likely.filter((name) => !isField(name));
  const raters: RaterColumns[] = models.map((name) => {
    const of = (field: string) => position(`ai_${name}_${field}`);
    return {
      name,
      kind: 'model',
      label: of(names.labelField),
      tags: names.tagsField === null ? -1 : of(names.tagsField),
      confidence: of('confidence'),
      status: of('status'),
    };
  });
  if (raters.length === 0) throw noModels(header, names, file);
  if (models.includes(ENSEMBLE)) {
    throw new RunScoringError('INPUT_COLUMN_AMBIGUOUS', 'No model can have the name of the vote.', {
      at: { file, line: 1, field: `ai_${ENSEMBLE}_${names.labelField}` },
      hint: 'Rename the columns of this model.',
    });
  }
  if (header.includes('ensemble_flag')) {
    raters.push({
      name: ENSEMBLE,
      kind: 'ensemble',
      label: position('ensemble_flag'),
      tags: -1,
      confidence: position(MARGIN_COLUMN),
      status: -1,
    });
  }
  const human = position(names.humanColumn);
  const humanTags = names.tags.map(position);
  const isAdded = addedBy(models, header, names.outputColumn);
  const unlabelled = [...header.keys()].filter((at) => at !== human && !humanTags.includes(at));
  return {
    raters,
    human,
    humanTags,
    text: position(names.textColumn),
    configHash: position(CONFIG_HASH_COLUMN),
    input: unlabelled.filter((at) => !isAdded(at)),
    added: unlabelled.filter(isAdded),
  };
}

/**
 * Positions of the columns that earlier runs and commands added to a table that is scored once more. The models are those that
 * have a column of raw answers, which every run writes.
 */
export function earlierOutputs(header: readonly string[], outputColumn: string): number[] {
  const raw = `${outputColumn}_`;
  const models = header.filter((name) => name.startsWith(raw)).map((name) => name.slice(raw.length));
  return models.length === 0 ? [] : [...header.keys()].filter(addedBy(models, header, outputColumn));
}

/** Whether the column at a position is one that runs with these models, or commands on their results, added. */
function addedBy(
  models: readonly string[],
  header: readonly string[],
  outputColumn: string,
): (at: number) => boolean {
  const added = new Set<string>([
    ...ENSEMBLE_COLUMNS,
    ...REVIEW_COLUMNS,
    CONFIG_HASH_COLUMN,
    ROW_KEY_COLUMN,
    ...models.map((name) => `${outputColumn}_${name}`),
  ]);
  const prefixes = models.map((name) => `ai_${name}_`);
  return (at) => added.has(header[at]!) || prefixes.some((prefix) => header[at]!.startsWith(prefix));
}

function noModels(header: readonly string[], names: HeaderNames, file: string): RunScoringError {
  const wanted = `ai_<model>_${names.labelField}`;
  const raw = header.find((name) => name.startsWith(`${names.outputColumn}_`));
  const near = nearestName(
    wanted,
    header.filter((name) => name.startsWith('ai_')),
  );
  const hint =
    raw !== undefined
      ? 'It has raw answers only; score without --no-parse.'
      : near !== undefined
        ? `Is ${JSON.stringify(near)} one? Name a config whose output.fields fit, with --config.`
        : 'Give a table that run-scoring wrote, or name a config whose output.fields fit, with --config.';
  return new RunScoringError(
    'INPUT_NO_MODEL_COLUMNS',
    `The table has no column of a model, such as ${wanted}.`,
    { at: { file, line: 1 }, hint },
  );
}
