import {
  type EnsembleSettings,
  type EnsembleValues,
  ensembleValues,
  voteCaution,
} from '../report/ensemble-cells.js';
import { LabelCodes, refuseLabelFaults } from '../report/label-codes.js';
import type { Rubric } from '../report/rubric.js';
import { fitEnsemble } from '../stats/ensemble.js';
import type { RowRecord } from './record.js';

/** A model that votes. */
export interface Voter {
  /** False: it has no vote on any row. */
  readonly finished: boolean;
  /** Its records, ascending. */
  records(): AsyncIterable<RowRecord> | Iterable<RowRecord>;
}

/** What a person's label column holds, by 0-based row. */
export type HumanCells = AsyncIterable<{ readonly row: number; readonly cell: string }>;

/**
 * Fits the vote of the models over their records. Memory: ten bytes for each row and model.
 * @param human read only where the vote is weighted; null without such a column
 * @param onNote told when labels by people are not understood
 * @returns what is decided for a 0-based row that was asked
 */
export async function voteOnRecords(
  rubric: Rubric,
  ensemble: EnsembleSettings,
  rows: number,
  models: readonly Voter[],
  human: HumanCells | null,
  onNote: (line: string) => void,
): Promise<(row: number) => EnsembleValues> {
  const voters = [];
  for (const model of models) voters.push(await readVotes(model, rubric, rows));
  const caution = voteCaution(ensemble.method, voters.length);
  if (caution !== undefined) onNote(`warning: ${caution}`);
  const weighted = ensemble.method === 'weighted' && human !== null;
  const decide = fitEnsemble(
    {
      rows,
      voters,
      labels: rubric.labels.length,
      positive: rubric.labels.indexOf(rubric.positive),
      human: weighted ? await readHuman(human, rubric, rows, onNote) : null,
    },
    ensemble.method,
    ensemble.ties,
  );
  return (row) => ensembleValues(decide(row), rubric.labels);
}

async function readVotes(model: Voter, rubric: Rubric, rows: number) {
  const labels = new Int16Array(rows).fill(-1);
  const confidence = new Float64Array(rows).fill(Number.NaN);
  if (!model.finished) return { labels, confidence };
  for await (const record of model.records()) {
    if (record.row >= rows) break;
    const said = record.values?.[rubric.labelField];
    labels[record.row] = typeof said === 'string' ? rubric.labels.indexOf(said) : -1;
    confidence[record.row] = record.confidence ?? Number.NaN;
  }
  return { labels, confidence };
}

async function readHuman(
  cells: HumanCells,
  rubric: Rubric,
  rows: number,
  onNote: (line: string) => void,
): Promise<Int16Array> {
  const codes = new LabelCodes(rubric, []);
  const human = new Int16Array(rows).fill(-1);
  for await (const { row, cell } of cells) human[row] = codes.read(cell, () => ({ row: row + 1 }));
  // Hours of scoring must not be lost to a misspelt label; the vote simply does not learn from it.
  try {
    refuseLabelFaults([codes]);
  } catch {
    onNote(`warning: some cells of ${rubric.humanColumn} hold none of the labels; the vote leaves them out.`);
  }
  return human;
}
