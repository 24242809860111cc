import { RunScoringError } from '../foundation/errors.js';
import type { CellValue } from './cell-value.js';
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { membersOf, valueOfJsonText } from './json-line.js';
import { openTable } from './open-table.js';
import { valuesOfRow } from './written-table.js';

export interface ReadRowsOptions {
  /** Only the first so many rows. */
  readonly limit?: number;
  /** Default: by the byte order mark, else utf-8. */
  readonly encoding?: string;
  /** Default: found by itself. */
  readonly delimiter?: string;
  readonly fileSystem?: FileSystem;
}

/**
 * Reads a whole table file into memory: one object for each row, its keys in the order of the columns. Cells of CSV and TSV
 * are strings as they stand; values of JSON Lines, workbooks and Parquet keep their types, moments are ISO 8601 texts, exact
 * decimals and numbers of JSON Lines that a double would change are texts too. A table that is too large for memory is for
 * `processCsv`.
 * @throws RunScoringError INPUT_COLUMN_AMBIGUOUS when two columns have one name, and those of `openTable` and `Table.rows`
 */
export async function readRows(
  path: string,
  options: ReadRowsOptions = {},
): Promise<Record<string, unknown>[]> {
  const { limit, encoding, delimiter, fileSystem = nodeFileSystem } = options;
  const table = await openTable(fileSystem, path, { encoding, delimiter });
  try {
    const { header } = table;
    const double = header.find((name, at) => header.indexOf(name) !== at);
    if (double !== undefined) {
      throw new RunScoringError('INPUT_COLUMN_AMBIGUOUS', 'A row cannot hold two columns of one name.', {
        at: { file: path, line: 1, field: double },
        hint: 'Rename one of them, or use processCsv.',
      });
    }
    const rows: Record<string, unknown>[] = [];
    for await (const row of table.rows({ limit })) {
      if (row.source === undefined) {
        const values = valuesOfRow(row, header);
        rows.push(Object.fromEntries(header.map((name, at) => [name, plainOf(values[at]!)])));
      } else {
        const members = [...membersOf(row.source)!];
        rows.push(Object.fromEntries(members.map(([name, text]) => [name, plainOf(valueOfJsonText(text))])));
      }
    }
    return rows;
  } finally {
    await table.close();
  }
}

function plainOf(value: CellValue): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (value.kind === 'number') return value.serial ?? Number(value.text);
  return value.kind === 'json' ? JSON.parse(value.text) : value.text;
}
