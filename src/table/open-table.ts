import { RunScoringError } from '../foundation/errors.js';
import type { FileSystem } from './file-system.js';
import { type CsvReadOptions, openCsv } from './read-csv.js';
import { openJsonl } from './read-jsonl.js';
import type { Table } from './table.js';
import { kindOfFile } from './table-kind.js';

/**
 * Opens a table by the ending of its name: `.jsonl` and `.ndjson`, `.tsv` and `.tab`, otherwise CSV with the delimiter that
 * is found. Without a name that tells (stdin) it is CSV.
 * @throws RunScoringError INPUT_FORMAT for formats that are not read, and those of `openCsv` and `openJsonl`
 */
export async function openTable(
  fileSystem: FileSystem,
  path: string,
  options: CsvReadOptions = {},
): Promise<Table> {
  const name = options.name ?? path;
  const kind = kindOfFile(name);
  if (kind === 'other') {
    throw new RunScoringError('INPUT_FORMAT', 'Files of this format are not read.', {
      at: { file: name },
      hint: 'Save the table as CSV, TSV or JSON Lines.',
    });
  }
  if (kind === 'jsonl') {
    if (options.delimiter === undefined) return openJsonl(fileSystem, path, options);
    throw new RunScoringError('USAGE_DELIMITER', 'JSON Lines have no delimiter.', { at: { file: name } });
  }
  const delimiter = options.delimiter ?? (kind === 'tsv' ? 'tab' : undefined);
  return openCsv(fileSystem, path, { ...options, delimiter });
}
