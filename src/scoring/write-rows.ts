import { modelColumns } from '../config/rules.js';
import type { Config } from '../config/schema.js';
import { CONFIG_HASH_COLUMN, ENSEMBLE_COLUMNS } from '../config/shared-columns.js';
import { writeTable } from '../report/write-table.js';
import { keysOfRows, type PlainRow, tableOfRows } from '../table/table-of-rows.js';
import { numericColumns } from './result-columns.js';

/**
 * Writes scored rows as a table, in the format that the path's ending tells: the rows' own columns first, then those that
 * the config's models and their vote add, whose cells are guarded against spreadsheets as in a run.
 * @throws RunScoringError OUTPUT_…
 */
export async function writeScoredRows(
  config: Config,
  path: string,
  rows: readonly PlainRow[],
): Promise<void> {
  const added = new Set<string>([
    ...config.models.flatMap((entry) => modelColumns(config, entry.name)),
    ...ENSEMBLE_COLUMNS,
    CONFIG_HASH_COLUMN,
  ]);
  const keys = keysOfRows(rows);
  const own = keys.filter((key) => !added.has(key));
  const table = tableOfRows(rows, [...own, ...keys.filter((key) => added.has(key))]);
  const written = async function* () {
    for await (const from of table.rows()) yield { cells: from.cells, from };
  };
  await writeTable(path, table, written(), {
    header: table.header,
    firstOutput: own.length,
    columns: [...own.keys()],
    numbers: numericColumns(config.models.map((entry) => entry.name)),
  });
}
