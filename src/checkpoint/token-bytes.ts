import { RunScoringError } from '../foundation/errors.js';

/** The parts of a `tokenizer.json` that say which bytes a token stands for. */
export interface TokenizerJson {
  readonly model?: {
    readonly vocab?: Readonly<Record<string, number>> | readonly (readonly [string, number])[];
  };
  readonly added_tokens?: readonly {
    readonly id: number;
    readonly content: string;
    readonly special?: boolean;
  }[];
  readonly decoder?: unknown;
  readonly pre_tokenizer?: unknown;
}

/** White space given as an added token (Gemma's line breaks) is text; every other added token is for the template. */
export function isTextToken(added: { content: string; special?: boolean }): boolean {
  return added.special !== true && added.content.trim() === '';
}

/**
 * The bytes each token adds to the output, null for control tokens and unused ids.
 * Two ways of spelling bytes are in use: GPT-2's, which maps every byte to a printable character, and SentencePiece's,
 * with `▁` for a space and `<0xNN>` for single bytes.
 *
 * @param size entries wanted: the width of the model's logits, which may exceed the tokenizer's own count
 */
export function tokenBytes(tokenizer: TokenizerJson, size: number, file: string): (Uint8Array | null)[] {
  const vocab = tokenizer.model?.vocab;
  if (vocab === undefined || vocab === null) {
    throw new RunScoringError('MODEL_TOKENIZER', 'The tokenizer has no vocabulary.', { at: { file } });
  }
  const entries: Iterable<readonly [string, number]> = Array.isArray(vocab)
    ? (vocab as readonly (readonly [string, number])[]).map(([token], id) => [token, id] as const)
    : Object.entries(vocab as Readonly<Record<string, number>>);
  const byteLevel = usesByteLevel(tokenizer);
  const tokens: (Uint8Array | null)[] = new Array(size).fill(null);
  const encoder = new TextEncoder();
  for (const [token, id] of entries) {
    if (id < 0 || id >= size) continue;
    tokens[id] = byteLevel ? bytesOfByteLevel(token) : bytesOfPiece(token, encoder);
  }
  for (const added of tokenizer.added_tokens ?? []) {
    if (added.id < size) tokens[added.id] = isTextToken(added) ? encoder.encode(added.content) : null;
  }
  return tokens;
}

function usesByteLevel(tokenizer: TokenizerJson): boolean {
  const text = JSON.stringify([tokenizer.decoder ?? null, tokenizer.pre_tokenizer ?? null]);
  return text.includes('"ByteLevel"');
}

/** GPT-2's table: printable Latin-1 characters stand for themselves, the other bytes for U+0100 and on, in order. */
const byteOfCharacter: ReadonlyMap<number, number> = (() => {
  const map = new Map<number, number>();
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) map.set(printable(byte) ? byte : next++, byte);
  return map;
})();

function bytesOfByteLevel(token: string): Uint8Array | null {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = byteOfCharacter.get(token.charCodeAt(i));
    if (byte === undefined) return null;
    bytes[i] = byte;
  }
  return bytes;
}

function bytesOfPiece(token: string, encoder: InstanceType<typeof TextEncoder>): Uint8Array {
  const single = /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
  if (single !== null) return Uint8Array.of(Number.parseInt(single[1]!, 16));
  return encoder.encode(token.replaceAll('▁', ' '));
}
