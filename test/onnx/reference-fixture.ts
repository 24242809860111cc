import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Tiny checkpoints with the reference implementation's logits; made by scripts/reference-fixtures.py. */
const FOLDER = fileURLToPath(new URL('../fixtures/checkpoints/', import.meta.url));

export interface ReferenceFixture {
  readonly name: string;
  readonly folder: string;
  readonly sequences: readonly (readonly number[])[];
  /** Logits of one position of one sequence. */
  logitsAt(sequence: number, position: number): Float32Array;
}

export function fixtureNames(): string[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

export function readFixture(name: string): ReferenceFixture {
  const folder = join(FOLDER, name);
  const reference = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')) as {
    sequences: number[][];
  };
  const bytes = readFileSync(join(folder, 'logits.bin'));
  const logits = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const { sequences } = reference;
  const starts = sequences.map((_, i) => sequences.slice(0, i).reduce((sum, each) => sum + each.length, 0));
  const vocabulary = logits.length / sequences.reduce((sum, each) => sum + each.length, 0);
  return {
    name,
    folder,
    sequences,
    logitsAt(sequence, position) {
      const at = (starts[sequence]! + position) * vocabulary;
      return logits.subarray(at, at + vocabulary);
    },
  };
}
