import { RunScoringError } from '../foundation/errors.js';
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { openTable } from './open-table.js';

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
 * are strings as they stand; values of JSON Lines keep their types. A table that is too large for memory is for
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
    for await (const { cells, source } of table.rows({ limit })) {
      rows.push(
        source === undefined
          ? Object.fromEntries(header.map((name, at) => [name, cells[at]!]))
          : JSON.parse(source),
      );
    }
    return rows;
  } finally {
    await table.close();
  }
}
