import { OPENING_BYTES, parseHeader, readHeaderLength } from '../../src/checkpoint/safetensors-header.js';
import { RunScoringError } from '../../src/foundation/errors.js';
import { float32Tensor, safetensorsBytes } from './safetensors-files.js';

/** Mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

const PIECES = [
  '"F32"',
  '"BF16"',
  '[',
  ']',
  '{',
  '}',
  '-1',
  '1e308',
  '9007199254740993',
  'null',
  '"',
  ',',
  ':',
  '\\u0000',
  '0',
].map((text) => new TextEncoder().encode(text));

function mutate(bytes: Uint8Array, next: () => number): Uint8Array {
  let out = Uint8Array.from(bytes);
  const changes = 1 + (next() % 4);
  for (let i = 0; i < changes; i++) {
    // Most changes go where they matter: into the length and the header.
    const at = next() % 4 === 0 ? next() % 8 : next() % out.length;
    const kind = next() % 6;
    if (kind === 0) out[at] = next() & 255;
    else if (kind === 1) out[at] = out[at]! ^ (1 << (next() % 8));
    else if (kind === 2) out = out.slice(0, at);
    else if (kind === 3) out = Buffer.concat([out.subarray(0, at), out.subarray(at + 1 + (next() % 8))]);
    else if (kind === 4) out[at] = 0x30 + (next() % 10);
    else out = Buffer.concat([out.subarray(0, at), PIECES[next() % PIECES.length]!, out.subarray(at)]);
    if (out.length === 0) return out;
  }
  return out;
}

/**
 * Feeds mutated files to the header reader. Each must be refused with a coded error, or be read as tensors that lie
 * inside the file, side by side.
 * @returns how many were refused, and the codes met
 */
export function fuzzHeader(mutations: number, seed: number): { refused: number; codes: Set<string> } {
  const next = generator(seed);
  const whole = safetensorsBytes([
    float32Tensor('model.embed_tokens.weight', [4, 2], [1, 2, 3, 4, 5, 6, 7, 8]),
    float32Tensor('model.norm.weight', [2], [1, 1]),
    float32Tensor('empty', [0, 7], []),
  ]);
  const codes = new Set<string>();
  let refused = 0;
  for (let i = 0; i < mutations; i++) {
    const file = mutate(whole, next);
    try {
      const length = readHeaderLength(file.slice(0, OPENING_BYTES), file.length, 'fuzz');
      const entries = [...parseHeader(file.subarray(8, 8 + length), file.length, 'fuzz').values()];
      let end = 8 + length;
      for (const entry of entries) {
        if (entry.byteOffset !== end) throw new Error(`mutation ${i}: not side by side`);
        end += entry.byteLength;
      }
      if (end !== file.length) throw new Error(`mutation ${i}: does not fill the file`);
    } catch (error) {
      if (!(error instanceof RunScoringError)) throw error;
      if (error.message.length > 400) throw new Error(`mutation ${i}: a message of ${error.message.length}`);
      codes.add(error.code);
      refused += 1;
    }
  }
  return { refused, codes };
}
