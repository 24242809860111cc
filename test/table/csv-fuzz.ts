import { expect } from 'vitest';
import { RunScoringError } from '../../src/foundation/errors.js';
import { readCsv, toCsv } from './csv-text.js';

const PIECES = [
  '"',
  '""',
  ',',
  ';',
  '\n',
  '\r\n',
  '\r',
  '\t',
  '|',
  '\0',
  'a',
  'é',
  '😀',
  '__proto__',
  ' ',
  "'",
  '\\',
  '\u2028',
  '"\n',
  ',"',
];
const STRUCTURE = /[",\r\n]/g;
/** Processor time, so that a busy machine does not matter. */
const MAX_MS = 1_000;

export interface FuzzResult {
  readonly files: number;
  readonly refused: number;
  readonly marked: number;
}

function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/**
 * Reads mutated CSV files. Nothing but a named error may come of it, each within a second, no prototype may change, and
 * with bad rows kept not one character of text may be missing from the cells or stand in another order.
 */
export async function fuzzCsv(files: number, seed: number): Promise<FuzzResult> {
  const random = randomNumbers(seed);
  const prototypes = () => [Object.prototype, Array.prototype].map((value) => Reflect.ownKeys(value).length);
  const before = prototypes();
  let refused = 0;
  let marked = 0;
  for (let file = 0; file < files; file++) {
    const width = 1 + random(4);
    const rows = Array.from({ length: 1 + random(8) }, (_, r) =>
      Array.from({ length: width }, (_, c) => (r === 0 ? `h${c}` : 'xy'.repeat(random(4)))),
    );
    let text = toCsv(rows, { all: random(2) === 0, lineBreak: ['\n', '\r\n', '\r'][random(3)]! });
    for (let mutation = random(6); mutation >= 0; mutation--) {
      const at = random(text.length + 1);
      text = text.slice(0, at) + PIECES[random(PIECES.length)]! + text.slice(at + random(3));
    }
    // Cuts a pair of surrogates into halves now and then; they cannot be written as UTF-8.
    text = Buffer.from(text).toString();
    const bytes = Buffer.from(text);
    if (random(20) === 0 && bytes.length > 0) bytes[random(bytes.length)] = 128 + random(128);
    const started = process.cpuUsage();
    for (const onBadRow of ['refuse', 'keep'] as const) {
      try {
        const { header, rows: got } = await readCsv(bytes, { delimiter: ',', onBadRow });
        if (onBadRow === 'keep' && bytes.equals(Buffer.from(text))) {
          const words = (cells: readonly string[]) => cells.join('').replace(STRUCTURE, '');
          const found = [header, ...got.map((row) => row.cells)].map(words).join('');
          expect(found, JSON.stringify(text)).toBe(text.replace(/^\uFEFF/, '').replace(STRUCTURE, ''));
        }
        marked += got.filter((row) => row.fault !== null).length;
      } catch (error) {
        if (!(error instanceof RunScoringError))
          throw new Error(`for ${JSON.stringify(text)}`, { cause: error });
        refused += 1;
      }
    }
    const { user } = process.cpuUsage(started);
    expect(user / 1000, JSON.stringify(text)).toBeLessThan(MAX_MS);
  }
  expect(prototypes()).toEqual(before);
  return { files, refused, marked };
}
