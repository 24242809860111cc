import type { Config } from '../config/schema.js';
import { CONFIG_HASH_COLUMN, ENSEMBLE_COLUMNS } from '../config/shared-columns.js';
import { RunScoringError } from '../foundation/errors.js';
import type { EnsembleSettings } from '../report/ensemble-cells.js';
import { ENSEMBLE_METHODS, TIE_RULES } from '../stats/ensemble.js';

/** Which columns a run adds behind those of its models. */
export interface AddedColumnsOptions {
  /** Adds the vote of the models. Default: the config's `ensemble`; false: no vote. */
  readonly ensemble?: EnsembleSettings | false | undefined;
  /** Adds the column by which rows of runs with different configs are told apart. Default false. */
  readonly configHash?: boolean | undefined;
}

/** Columns that stand behind those of the models. */
export interface AddedColumns {
  /** @param asked false: the row has no text for a model */
  cellsOf(row: number, asked: boolean): readonly string[];
}

export function addedColumnNames(options: AddedColumnsOptions): string[] {
  return [
    ...(options.ensemble ? ENSEMBLE_COLUMNS : []),
    ...(options.configHash === true ? [CONFIG_HASH_COLUMN] : []),
  ];
}

/**
 * The vote that a call asks for, else the config; undefined for none.
 * @throws RunScoringError USAGE_ENSEMBLE
 */
export function chooseEnsemble(
  config: Config,
  asked: EnsembleSettings | false | undefined,
): Required<EnsembleSettings> | undefined {
  if (asked === false) return undefined;
  const settings = asked ?? config.ensemble;
  if (settings === undefined) return undefined;
  const { method, ties = 'abstain' } = settings;
  for (const [name, value, known] of [
    ['method', method, ENSEMBLE_METHODS],
    ['ties', ties, TIE_RULES],
  ] as const) {
    if ((known as readonly string[]).includes(value)) continue;
    throw new RunScoringError('USAGE_ENSEMBLE', `ensemble.${name} is none of ${known.join(', ')}.`);
  }
  return { method, ties };
}
