import { generator } from '../../src/onnx/random-weights.js';

/** The shape of the work, the same for every contender: token ids, so that no tokenizer is measured. */
export interface Workload {
  readonly prefix: readonly number[];
  readonly rows: readonly WorkloadRow[];
}

export interface WorkloadRow {
  /** The row's own tokens, behind the prefix. */
  readonly tokens: readonly number[];
  /** Tokens to generate, no more and no fewer. */
  readonly outputTokens: number;
}

export const VOCABULARY_SIZE = 49152;
export const END_TOKEN = 2;
/** Text of a row that asks for nothing. */
export const WARM_UP = 'warm-up';
/** Ids below are control tokens and single bytes. */
const FIRST_WORD = 300;

/** `rows` rows of 40 to 100 tokens behind a shared prefix of 500, 64 to 96 tokens to generate for each. */
export function makeWorkload(rows: number, seed = 1): Workload {
  const next = generator(seed);
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  const words = (count: number): number[] =>
    Array.from({ length: count }, () => between(FIRST_WORD, VOCABULARY_SIZE - 1));
  return {
    prefix: words(500),
    rows: Array.from({ length: rows }, () => ({
      tokens: words(between(40, 100)),
      outputTokens: between(64, 96),
    })),
  };
}

/** Byte strings of a made-up vocabulary: control tokens, the 256 bytes, then words of letters. */
export function makeVocabulary(): (Uint8Array | null)[] {
  const next = generator(2);
  const tokens: (Uint8Array | null)[] = [null, null, null];
  for (let byte = 0; byte < 256; byte++) tokens.push(Uint8Array.of(byte));
  const seen = new Set<string>();
  const encoder = new TextEncoder();
  while (tokens.length < VOCABULARY_SIZE) {
    const length = 1 + Math.floor(next() * 8);
    let word = next() < 0.6 ? ' ' : '';
    for (let i = 0; i < length; i++) word += String.fromCharCode(97 + Math.floor(next() * 26));
    if (seen.has(word)) continue;
    seen.add(word);
    tokens.push(encoder.encode(word));
  }
  return tokens;
}
