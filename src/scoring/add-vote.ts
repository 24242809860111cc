import type { Config } from '../config/schema.js';
import { type EnsembleSettings, NO_VOTE } from '../report/ensemble-cells.js';
import { ENSEMBLE_COLUMNS } from '../report/results-header.js';
import { rubricOf } from '../report/rubric.js';
import type { RowRecord } from './record.js';
import { type ScoredObjects, setColumn } from './score-objects.js';
import { type HumanCells, voteOnRecords } from './vote-on-records.js';

/** Adds the vote of the models to rows in memory; rows without a text get nulls. */
export async function addVote(
  config: Config,
  ensemble: EnsembleSettings,
  scored: ScoredObjects,
  onNote: (line: string) => void,
): Promise<void> {
  const { rows, models, records } = scored;
  const rubric = rubricOf(config);
  const voters = models.map((model, at) => ({
    finished: model.finished,
    records: () => records[at]!.filter((record): record is RowRecord => record !== undefined),
  }));
  const valuesOf = await voteOnRecords(
    rubric,
    ensemble,
    rows.length,
    voters,
    humanCells(rows, rubric.humanColumn),
    onNote,
  );
  for (const [row, target] of rows.entries()) {
    const isEmpty = records.every((each) => each[row]?.status === 'empty_input');
    const values = isEmpty ? NO_VOTE : valuesOf(row);
    for (const [at, name] of ENSEMBLE_COLUMNS.entries()) setColumn(target, name, values[at]!);
  }
}

async function* humanCells(rows: ScoredObjects['rows'], name: string): HumanCells {
  for (const [row, object] of rows.entries()) {
    if (Object.hasOwn(object, name)) yield { row, cell: String(object[name] ?? '') };
  }
}
