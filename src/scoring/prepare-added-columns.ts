import { createHash } from 'node:crypto';
import type { Config } from '../config/schema.js';
import { ensembleCells } from '../report/ensemble-cells.js';
import { LabelCodes } from '../report/label-codes.js';
import { ENSEMBLE_COLUMNS } from '../report/results-header.js';
import { type Rubric, rubricOf } from '../report/rubric.js';
import { fitEnsemble } from '../stats/ensemble.js';
import type { Table } from '../table/table.js';
import type { AddedColumns, AddedColumnsOptions } from './added-columns.js';
import type { MergedModel } from './merge-output.js';
import { entryKey, runKey } from './resume-key.js';

/**
 * Reads the journals once, and the table for labels by people where the vote is weighted. Memory: ten bytes for each row
 * and model.
 * @param onNote told when labels by people are not understood
 */
export async function prepareAddedColumns(
  config: Config,
  options: AddedColumnsOptions,
  table: Table,
  rows: number,
  models: readonly MergedModel[],
  onNote: (line: string) => void,
): Promise<AddedColumns> {
  const hash = options.configHash === true ? [configHash(config)] : [];
  const { ensemble } = options;
  if (ensemble === undefined) return { cellsOf: () => hash };
  const rubric = rubricOf(config);
  const voters = [];
  for (const model of models) voters.push(await readVotes(model, rubric, rows));
  const decide = fitEnsemble(
    {
      rows,
      voters,
      labels: rubric.labels.length,
      positive: rubric.labels.indexOf(rubric.positive),
      human: ensemble.method === 'weighted' ? await readHuman(table, rubric, rows, onNote) : null,
    },
    ensemble.method,
    ensemble.ties,
  );
  const none = ENSEMBLE_COLUMNS.map(() => '');
  return {
    cellsOf: (row, asked) => [...(asked ? ensembleCells(decide(row), rubric.labels) : none), ...hash],
  };
}

async function readVotes(model: MergedModel, rubric: Rubric, rows: number) {
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
  table: Table,
  rubric: Rubric,
  rows: number,
  onNote: (line: string) => void,
): Promise<Int16Array | null> {
  const column = table.header.indexOf(rubric.humanColumn);
  if (column < 0) return null;
  const codes = new LabelCodes(rubric, new Map());
  const human = new Int16Array(rows).fill(-1);
  for await (const row of table.rows({ limit: rows })) {
    if (row.fault === null) human[row.row] = codes.read(row.cells[column]!, () => ({ row: row.row + 1 }));
  }
  // Hours of scoring must not be lost to a misspelt label; the vote simply does not learn from it.
  try {
    codes.refuseFaults();
  } catch {
    onNote(`warning: some cells of ${rubric.humanColumn} hold none of the labels; the vote leaves them out.`);
  }
  return human;
}

/** Twelve hexadecimal digits that differ when what decides the models' answers differs: prompt, fields, limits, models. */
export function configHash(config: Config): string {
  const input = { sha256: '', column: '', encoding: '', delimiter: '', onBadRow: '' };
  const key = Object.assign(
    {},
    runKey(config, input),
    ...config.getEnabledModels().map((entry) => {
      // Where a model's folder lies decides nothing.
      const { local_path: _, ...rest } = entry;
      return entryKey(rest);
    }),
  );
  return createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 12);
}
