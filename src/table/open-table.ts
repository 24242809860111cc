import { RunScoringError } from '../foundation/errors.js';
import type { FileSystem } from './file-system.js';
import { type CsvReadOptions, openCsv } from './read-csv.js';
import { openJsonl } from './read-jsonl.js';
import type { Table } from './table.js';
import { type FileKind, kindOfFile, splitSheet } from './table-kind.js';

/**
 * Opens a table by the kind that is given, else by the ending of its name: `.jsonl` and `.ndjson`, `.tsv` and `.tab`, `.xlsx` (`#Sheet` behind it names a sheet),
 * `.parquet`, otherwise CSV with the delimiter that is found. Without a name that tells (stdin) it is CSV.
 * @throws RunScoringError INPUT_FORMAT for formats that are not read, USAGE_DELIMITER, USAGE_ENCODING, and those of `openCsv`,
 *   `openJsonl`, `openXlsx` and `openParquet`
 */
export async function openTable(
  fileSystem: FileSystem,
  path: string,
  options: CsvReadOptions & { readonly kind?: FileKind | undefined } = {},
): Promise<Table> {
  const name = options.name ?? path;
  const kind = options.kind ?? kindOfFile(name);
  const file = splitSheet(path).path;
  if (kind === 'other') {
    throw new RunScoringError('INPUT_FORMAT', 'Files of this format are not read.', {
      at: { file: name },
      hint: 'Save the table as CSV, TSV, JSON Lines (one object a line, in a .jsonl file), XLSX or Parquet.',
    });
  }
  if (kind === 'text' || kind === 'csv' || kind === 'tsv') {
    const delimiter = options.delimiter ?? (kind === 'tsv' ? 'tab' : undefined);
    return openCsv(fileSystem, file, { ...options, name, delimiter });
  }
  const called = { jsonl: 'JSON Lines', xlsx: 'An XLSX workbook', parquet: 'A Parquet file' }[kind];
  if (options.delimiter !== undefined) {
    const text = `${called} ${kind === 'jsonl' ? 'have' : 'has'} no delimiter.`;
    throw new RunScoringError('USAGE_DELIMITER', text, { at: { file: name } });
  }
  if (kind === 'jsonl') return openJsonl(fileSystem, file, { ...options, name });
  if (options.encoding !== undefined) {
    const text = `${called} says itself how its texts are encoded.`;
    throw new RunScoringError('USAGE_ENCODING', text, { at: { file: name }, hint: 'Leave --encoding out.' });
  }
  // Loaded only when they are needed: most tables are texts.
  if (kind === 'parquet') {
    const { openParquet } = await import('./parquet/read-parquet.js');
    return openParquet(fileSystem, file, { ...options, name });
  }
  const { openXlsx } = await import('./xlsx/read-xlsx.js');
  return openXlsx(fileSystem, file, { ...options, name, sheet: splitSheet(name).sheet });
}
