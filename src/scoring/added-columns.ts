import type { EnsembleSettings } from '../report/ensemble-cells.js';
import { CONFIG_HASH_COLUMN, ENSEMBLE_COLUMNS } from '../report/results-header.js';

/** Which columns a run adds behind those of its models. */
export interface AddedColumnsOptions {
  readonly ensemble?: EnsembleSettings | undefined;
  readonly configHash?: boolean | undefined;
}

/** Columns that stand behind those of the models. */
export interface AddedColumns {
  /** @param asked false: the row has no text for a model */
  cellsOf(row: number, asked: boolean): readonly string[];
}

export function addedColumnNames(options: AddedColumnsOptions): string[] {
  return [
    ...(options.ensemble === undefined ? [] : ENSEMBLE_COLUMNS),
    ...(options.configHash === true ? [CONFIG_HASH_COLUMN] : []),
  ];
}
