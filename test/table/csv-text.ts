import { RunScoringError } from '../../src/foundation/errors.js';
import { type CsvReadOptions, openCsv } from '../../src/table/read-csv.js';
import type { TableRow } from '../../src/table/table.js';
import { MemoryFileSystem } from './memory-file-system.js';

export interface ReadTable {
  header: readonly string[];
  rows: TableRow[];
  delimiter: string;
  lineBreak: string;
}

/** Reads a whole CSV text or file content through `openCsv`. */
export async function readCsv(content: string | Buffer, options: CsvReadOptions = {}): Promise<ReadTable> {
  const fileSystem = new MemoryFileSystem();
  fileSystem.put('/folder/in.csv', content);
  const table = await openCsv(fileSystem, '/folder/in.csv', options);
  const rows: TableRow[] = [];
  try {
    for await (const row of table.rows()) rows.push(row);
  } finally {
    await table.close();
  }
  return { header: table.header, rows, delimiter: table.dialect.delimiter, lineBreak: table.lineBreak };
}

export async function readCells(content: string | Buffer, options: CsvReadOptions = {}): Promise<string[][]> {
  const { header, rows } = await readCsv(content, options);
  return [[...header], ...rows.map((row) => [...row.cells])];
}

/** The error that a promise ends in; fails when it ends well. */
export async function failureOf(promise: Promise<unknown>): Promise<RunScoringError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RunScoringError))
    throw new Error(`expected a RunScoringError, got ${String(error)}`);
  return error;
}

/** RFC 4180 in the plainest way, written apart from the program's own writer. */
export function toCsv(
  rows: readonly (readonly string[])[],
  style: { delimiter?: string; lineBreak?: string; all?: boolean } = {},
): string {
  const { delimiter = ',', lineBreak = '\n', all = false } = style;
  return rows
    .map((row) =>
      row
        .map((cell) => {
          const risky = all || cell === '' || /["\r\n]/.test(cell) || cell.includes(delimiter);
          return risky ? `"${cell.replaceAll('"', '""')}"` : cell;
        })
        .join(delimiter),
    )
    .map((line) => line + lineBreak)
    .join('');
}
