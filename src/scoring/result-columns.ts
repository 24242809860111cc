import { modelColumns } from '../config/rules.js';
import type { Config } from '../config/schema.js';
import { CONFIG_HASH_COLUMN, ENSEMBLE_COLUMNS, MARGIN_COLUMN } from '../config/shared-columns.js';
import { RunScoringError } from '../foundation/errors.js';
import type { RowRecord } from './record.js';

/** The columns that the run adds for one model, in order; only the raw answer when nothing is parsed. */
export function resultColumns(config: Config, modelName: string, parse: boolean): string[] {
  const columns = modelColumns(config, modelName);
  return parse ? columns : columns.slice(0, 1);
}

/** Names of those that hold numbers, of the vote too; a field may well be called `self_confidence` and hold words. */
export function numericColumns(modelNames: readonly string[]): Set<string> {
  return new Set([...modelNames.map((name) => `ai_${name}_confidence`), MARGIN_COLUMN]);
}

/** One model's cells of a row, as they stand in the columns of {@link resultColumns}: numbers not yet text. */
export function resultValues(config: Config, record: RowRecord, parse: boolean): (string | number | null)[] {
  if (!parse) return [record.raw];
  const fields = config.output.fields.map((field) => {
    const value = record.values?.[field.name];
    return value === undefined ? null : typeof value === 'string' ? value : value.join(', ');
  });
  return [record.raw, ...fields, record.confidence, record.status];
}

/** Columns that have no model's name in theirs, and how a run does without them. */
const OWN_COLUMNS = new Map<string, string>([
  ...ENSEMBLE_COLUMNS.map(
    (name) => [name, 'leave the vote out (--no-ensemble) and add it with run-scoring ensemble'] as const,
  ),
  [CONFIG_HASH_COLUMN, 'leave --config-hash out'],
]);

/** @throws RunScoringError OUTPUT_COLUMN_EXISTS when the input already has a column that the run would add */
export function refuseTakenColumns(header: readonly string[], added: readonly string[], file?: string): void {
  const present = new Set(header);
  const taken = added.find((name) => present.has(name));
  if (taken === undefined) return;
  const way = OWN_COLUMNS.get(taken) ?? 'change the model name or data.output_column';
  throw new RunScoringError(
    'OUTPUT_COLUMN_EXISTS',
    'The input already has a column that this run would add.',
    {
      at: { ...(file === undefined ? {} : { file }), field: taken },
      hint: `It may be the output of an earlier run. Take the column out, or ${way}.`,
    },
  );
}
