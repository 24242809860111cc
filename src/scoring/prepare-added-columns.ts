import type { Config } from '../config/schema.js';
import { NO_VOTE } from '../report/ensemble-cells.js';
import { rubricOf } from '../report/rubric.js';
import type { Table } from '../table/table.js';
import type { AddedColumns, AddedColumnsOptions } from './added-columns.js';
import { configHash } from './config-hash.js';
import type { MergedModel } from './merge-output.js';
import { type HumanCells, voteOnRecords } from './vote-on-records.js';

/**
 * Reads the journals once, and the table for labels by people where the vote is weighted.
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
  if (!ensemble) return { cellsOf: () => hash };
  const rubric = rubricOf(config);
  const human = humanCells(table, rubric.humanColumn, rows);
  const valuesOf = await voteOnRecords(rubric, ensemble, rows, models, human, onNote);
  return {
    cellsOf: (row, asked) => [
      ...(asked ? valuesOf(row) : NO_VOTE).map((value) => String(value ?? '')),
      ...hash,
    ],
  };
}

function humanCells(table: Table, name: string, rows: number): HumanCells | null {
  const column = table.header.indexOf(name);
  if (column < 0) return null;
  return (async function* () {
    for await (const { row, cells, fault } of table.rows({ limit: rows })) {
      if (fault === null) yield { row, cell: cells[column]! };
    }
  })();
}
