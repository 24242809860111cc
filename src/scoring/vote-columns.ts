import type { Config } from '../config/schema.js';
import { ENSEMBLE_COLUMNS, MARGIN_COLUMN } from '../config/shared-columns.js';
import { type EnsembleSettings, NO_VOTE } from '../report/ensemble-cells.js';
import { rubricOf } from '../report/rubric.js';
import type { RowRecord } from './record.js';
import type { ResultColumn, ScoredTexts } from './score-texts.js';
import { type HumanCells, voteOnRecords } from './vote-on-records.js';

/**
 * The vote of the models over texts in memory; null where there is no text.
 * @param human the values of the column with labels by people; null without one
 */
export async function voteColumns(
  config: Config,
  ensemble: EnsembleSettings,
  { models, records }: Pick<ScoredTexts, 'models' | 'records'>,
  human: readonly unknown[] | null,
  onNote: (line: string) => void,
): Promise<ResultColumn[]> {
  const rows = records[0]?.length ?? 0;
  const voters = models.map((model, at) => ({
    finished: model.finished,
    records: () => records[at]!.filter((record): record is RowRecord => record !== undefined),
  }));
  const cells = human === null ? null : cellsOf(human);
  const valuesOf = await voteOnRecords(rubricOf(config), ensemble, rows, voters, cells, onNote);
  const votes = Array.from({ length: rows }, (_, row) =>
    records.every((each) => each[row]?.status === 'empty_input') ? NO_VOTE : valuesOf(row),
  );
  return ENSEMBLE_COLUMNS.map((name, at) => ({
    name,
    numeric: name === MARGIN_COLUMN,
    values: votes.map((vote) => vote[at]!),
  }));
}

async function* cellsOf(values: readonly unknown[]): HumanCells {
  for (const [row, value] of values.entries()) yield { row, cell: String(value ?? '') };
}
