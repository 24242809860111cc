import { RunScoringError } from '../foundation/errors.js';
import { CsvWriter } from './csv-writer.js';
import { JsonlWriter } from './jsonl-writer.js';
import { cellTooLong, SHEET_LIMITS, tooManyRows } from './sheet-limits.js';
import type { Table, TableRow } from './table.js';
import { type FileKind, kindOfFile, splitSheet, type TableLayout } from './table-kind.js';
import type { TableWriter, TableWriterOptions } from './written-table.js';

/** Excel's rules for the name of a sheet. */
const SHEET_NAME = /^(?!')[^[\]:*?/\\\p{Cc}]{1,31}(?<!')$/u;

/**
 * The writer for an output, by the ending of its name. What says nothing (stdout) is JSON Lines from JSON Lines, else CSV; CSV
 * from CSV has its delimiter, line break and byte order mark. Parquet from a table without a schema reads that table once
 * to find one.
 * @param limit rows of the table that are written
 */
export async function createTableWriter(
  path: string,
  table: Table,
  options: TableWriterOptions,
  limit?: number,
): Promise<TableWriter> {
  const kind = outputKind(path, table);
  if (kind === 'jsonl') return new JsonlWriter(table.header, options);
  // Loaded only when they are needed: most tables are texts.
  if (kind === 'xlsx') {
    const { XlsxWriter } = await import('./xlsx/xlsx-writer.js');
    const sheet = splitSheet(path).sheet ?? table.sheet?.name ?? 'Sheet1';
    return new XlsxWriter(table.header, { ...options, file: path, sheet });
  }
  if (kind === 'parquet') {
    const { ParquetTableWriter } = await import('./parquet/parquet-table-writer.js');
    const { inferColumns } = await import('./parquet/infer-columns.js');
    const columns = table.columns ?? (await inferColumns(table, limit));
    return new ParquetTableWriter(table.header, columns, { ...options, file: path });
  }
  const { dialect, lineBreak, marked } = table;
  const delimiter = outputDelimiter(kind, table);
  return new CsvWriter({ ...options, dialect: { ...dialect, delimiter }, lineBreak, marked });
}

/** How an output is to be read again, where neither its name nor a look at it is sure to tell. */
export function outputLayout(path: string, table: Table): TableLayout {
  const kind = outputKind(path, table);
  return kind === 'text' || kind === 'csv' ? { kind, delimiter: outputDelimiter(kind, table) } : { kind };
}

function outputDelimiter(kind: FileKind, { dialect }: Table): string {
  if (kind === 'tsv') return '\t';
  return kind === 'csv' && dialect.delimiter === '\t' ? ',' : dialect.delimiter;
}

/**
 * To be called before any work is done.
 * @param header all columns that will be written
 * @throws RunScoringError OUTPUT_FORMAT, OUTPUT_SHEETS, OUTPUT_SHEET_NAME, OUTPUT_TOO_LARGE, INPUT_COLUMN_AMBIGUOUS when the output's
 *   format cannot hold the table
 */
export async function checkOutputFormat(
  path: string,
  table: Table,
  header: readonly string[],
): Promise<void> {
  const at = { file: path };
  const kind = outputKind(path, table);
  if (kind === 'other') {
    throw new RunScoringError('OUTPUT_FORMAT', 'Files of this format are not written.', {
      at,
      hint: 'Name the output .csv, .tsv, .jsonl, .xlsx or .parquet.',
    });
  }
  if (kind === 'xlsx') await checkSheet(path, table, header);
  if (kind !== 'jsonl' && kind !== 'parquet') return;
  const double = table.header.find((name, index) => table.header.indexOf(name) !== index);
  if (double === undefined) return;
  const what = kind === 'jsonl' ? 'A JSON object' : 'A Parquet file';
  throw new RunScoringError('INPUT_COLUMN_AMBIGUOUS', `${what} cannot hold two columns of one name.`, {
    at: { field: double },
    hint: 'Rename one of them, or write CSV.',
  });
}

async function checkSheet(path: string, table: Table, header: readonly string[]): Promise<void> {
  const at = { file: path };
  const name = splitSheet(path).sheet;
  if (name !== undefined && !SHEET_NAME.test(name)) {
    throw new RunScoringError('OUTPUT_SHEET_NAME', 'A sheet cannot have this name.', {
      at,
      hint: 'It has 1 to 31 characters, none of them [ ] : * ? / \\, and no apostrophe at its ends.',
    });
  }
  if (header.length > SHEET_LIMITS.columns) {
    throw new RunScoringError('OUTPUT_TOO_LARGE', `A sheet holds ${SHEET_LIMITS.columns} columns.`, {
      at,
      hint: 'Write CSV or Parquet.',
    });
  }
  if (table.sheet === undefined || table.sheet.named) return;
  const others = await table.sheet.others();
  if (others.length === 0) return;
  const more = others.length === 1 ? 'one more sheet' : `${others.length} more sheets`;
  throw new RunScoringError('OUTPUT_SHEETS', `The workbook has ${more}, which the output would not hold.`, {
    at,
    hint: `To write this sheet alone, name it behind the input: #${table.sheet.name}`,
  });
}

/**
 * Looks at rows of the input before any work is done; undefined where the output holds whatever the input does.
 * @throws (when called) RunScoringError OUTPUT_TOO_LARGE, OUTPUT_CELL_TOO_LONG
 */
export function outputRowCheck(path: string, table: Table): ((row: TableRow) => void) | undefined {
  if (outputKind(path, table) !== 'xlsx') return undefined;
  return (row) => {
    if (row.row >= SHEET_LIMITS.rows) throw tooManyRows(path);
    const long = row.cells.findIndex((cell) => cell.length > SHEET_LIMITS.characters);
    if (long >= 0) throw cellTooLong(path, row.row, table.header[long] ?? table.header.at(-1)!);
  };
}

function outputKind(path: string, table: Table): FileKind {
  const kind = kindOfFile(path);
  return kind === 'text' && table.format === 'jsonl' ? 'jsonl' : kind;
}
