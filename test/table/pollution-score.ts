import { RunScoringError } from '../../src/foundation/errors.js';
import { readCsv } from './csv-text.js';
import { COLUMN, type PollutedFile } from './pollutions.js';

export interface FileScore {
  readonly name: string;
  /** Code of the error, when the file was refused. */
  readonly refused: string | undefined;
  /** Success, and precision, recall and F1 of header, records and cells: ten numbers in [0, 1], summed. */
  readonly score: number;
  /** Rows that were marked as damaged. */
  readonly marked: number;
  /** Rows that were not marked and are not what the file means, or rows that are missing without a mark. */
  readonly silent: number;
}

/** Sizes of the overlap of two multisets, as precision, recall and F1. Two empty ones overlap fully. */
function overlap(wanted: readonly string[], got: readonly string[]): number {
  if (wanted.length === 0 && got.length === 0) return 3;
  const counts = new Map<string, number>();
  for (const item of wanted) counts.set(item, (counts.get(item) ?? 0) + 1);
  let shared = 0;
  for (const item of got) {
    const left = counts.get(item) ?? 0;
    if (left === 0) continue;
    counts.set(item, left - 1);
    shared += 1;
  }
  if (shared === 0) return 0;
  const precision = shared / got.length;
  const recall = shared / wanted.length;
  return precision + recall + (2 * precision * recall) / (precision + recall);
}

/** Reads a file as a run with `--on-bad-row keep` does, column demanded, and scores what comes out. */
export async function scoreFile(file: PollutedFile): Promise<FileScore> {
  const { name, header, records } = file;
  try {
    const got = await readCsv(file.bytes(), { ...file.options, onBadRow: 'keep', column: COLUMN });
    const joined = (rows: readonly (readonly string[])[]) => rows.map((row) => row.join(''));
    const rows = got.rows.map((row) => row.cells);
    const score =
      1 +
      overlap(header, got.header) +
      overlap(joined(records), joined(rows)) +
      overlap([...header, ...records.flat()], [...got.header, ...rows.flat()]);
    const left = new Map<string, number>();
    for (const record of records)
      left.set(JSON.stringify(record), (left.get(JSON.stringify(record)) ?? 0) + 1);
    let silent = 0;
    let marked = 0;
    let found = 0;
    for (const row of got.rows) {
      const key = JSON.stringify(row.cells);
      const known = (left.get(key) ?? 0) > 0;
      if (known) {
        left.set(key, left.get(key)! - 1);
        found += 1;
      }
      if (row.fault !== null) marked += 1;
      else if (!known) silent += 1;
    }
    if (marked === 0) silent += records.length - found;
    return { name, refused: undefined, score, marked, silent };
  } catch (error) {
    if (!(error instanceof RunScoringError)) throw error;
    return { name, refused: error.code, score: 0, marked: 0, silent: 0 };
  }
}

export interface BenchmarkResult {
  readonly files: number;
  /** Mean over the files, of 10. */
  readonly score: number;
  readonly refused: readonly string[];
  readonly silent: readonly string[];
}

export async function scoreFiles(files: readonly PollutedFile[]): Promise<BenchmarkResult> {
  const scores: FileScore[] = [];
  for (const file of files) scores.push(await scoreFile(file));
  return {
    files: scores.length,
    score: scores.reduce((sum, { score }) => sum + score, 0) / scores.length,
    refused: scores.flatMap(({ name, refused }) => (refused === undefined ? [] : [`${name} ${refused}`])),
    silent: scores.flatMap(({ name, silent }) => (silent === 0 ? [] : [`${name} ${silent}`])),
  };
}
