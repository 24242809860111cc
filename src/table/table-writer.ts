import { RunScoringError } from '../foundation/errors.js';
import { CsvWriter } from './csv-writer.js';
import { JsonlWriter } from './jsonl-writer.js';
import type { Table } from './table.js';
import { kindOfFile } from './table-kind.js';
import type { TableWriter, TableWriterOptions } from './written-table.js';

/**
 * The writer for an output, by the ending of its name. What says nothing (stdout) has the form of the table it is made from; so has
 * CSV from CSV, with its delimiter, line break and byte order mark.
 */
export function createTableWriter(path: string, table: Table, options: TableWriterOptions): TableWriter {
  const kind = outputKind(path, table);
  if (kind === 'jsonl') return new JsonlWriter(options);
  const { dialect, lineBreak, marked } = table;
  const tabs = dialect.delimiter === '\t';
  const delimiter = kind === 'tsv' ? '\t' : kind === 'csv' && tabs ? ',' : dialect.delimiter;
  return new CsvWriter({ ...options, dialect: { ...dialect, delimiter }, lineBreak, marked });
}

/**
 * To be called before any work is done.
 * @throws RunScoringError OUTPUT_FORMAT, INPUT_COLUMN_AMBIGUOUS when the output's format cannot hold the input's columns
 */
export function checkOutputFormat(path: string, table: Table): void {
  if (kindOfFile(path) === 'other') {
    throw new RunScoringError('OUTPUT_FORMAT', 'Files of this format are not written.', {
      at: { file: path },
      hint: 'Name the output .csv, .tsv or .jsonl.',
    });
  }
  if (outputKind(path, table) !== 'jsonl') return;
  const double = table.header.find((name, at) => table.header.indexOf(name) !== at);
  if (double === undefined) return;
  throw new RunScoringError('INPUT_COLUMN_AMBIGUOUS', 'A JSON object cannot hold two columns of one name.', {
    at: { field: double },
    hint: 'Rename one of them, or write CSV.',
  });
}

function outputKind(path: string, table: Table): 'text' | 'csv' | 'tsv' | 'jsonl' {
  const kind = kindOfFile(path);
  return kind === 'text' || kind === 'other' ? (table.format === 'jsonl' ? 'jsonl' : 'text') : kind;
}
