import { RunScoringError } from '../foundation/errors.js';

export const DTYPE_BYTES = { F32: 4, F16: 2, BF16: 2 } as const;
export type Dtype = keyof typeof DTYPE_BYTES;

export interface TensorEntry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Place in the file, in bytes from its beginning. */
  readonly offset: number;
  readonly byteLength: number;
}

/** The format's own limit for a header (huggingface/safetensors, `MAX_HEADER_SIZE`). */
export const MAX_HEADER_BYTES = 100_000_000;
/** The largest checkpoints have some ten thousand tensors. */
const MAX_TENSORS = 1_000_000;
const MAX_DIMENSIONS = 8;

/** Length of the JSON header, from a file's first eight bytes. */
export function headerLength(start: Uint8Array, fileSize: number, file: string): number {
  const fail = (message: string): never => {
    throw new RunScoringError('MODEL_CHECKPOINT', message, { at: { file } });
  };
  const text = new TextDecoder('latin1').decode(start);
  if (text.startsWith('version ')) {
    return fail('This is a Git LFS pointer, not the weights: fetch the file itself.');
  }
  if (start.byteLength < 8) return fail('The file is too short for a safetensors header.');
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES))
    return fail('The header claims to be larger than the format allows.');
  if (length < 2n || Number(length) + 8 > fileSize) return fail('The header runs past the end of the file.');
  return Number(length);
}

/**
 * Checks a header against the file it stands in: known dtypes, byte lengths that match the shapes, no overlap, nothing
 * outside the file.
 */
export function parseHeader(json: Uint8Array, fileSize: number, file: string): Map<string, TensorEntry> {
  const fail = (message: string): never => {
    throw new RunScoringError('MODEL_CHECKPOINT', message, { at: { file } });
  };
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    return fail('The header is not valid JSON.');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    return fail('The header is not an object.');
  const names = Object.keys(header).filter((name) => name !== '__metadata__');
  if (names.length > MAX_TENSORS) return fail(`The header names more than ${MAX_TENSORS} tensors.`);
  const dataStart = 8 + json.byteLength;
  const tensors = new Map<string, TensorEntry>();
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  for (const name of names) {
    const entry = (header as Record<string, unknown>)[name] as Record<string, unknown> | null;
    const label = JSON.stringify(name.slice(0, 200));
    if (typeof entry !== 'object' || entry === null) return fail(`Tensor ${label} has no description.`);
    const { dtype, shape, data_offsets: offsets } = entry;
    if (typeof dtype !== 'string' || !Object.hasOwn(DTYPE_BYTES, dtype)) {
      return fail(`Tensor ${label} has dtype ${JSON.stringify(dtype)}; F32, F16 and BF16 can be read.`);
    }
    if (!Array.isArray(shape) || shape.length > MAX_DIMENSIONS || !shape.every(isCount)) {
      return fail(`Tensor ${label} has no usable shape.`);
    }
    if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
      return fail(`Tensor ${label} has no usable data_offsets.`);
    }
    const [begin, end] = offsets as [number, number];
    const byteLength = (shape as number[]).reduce((a, b) => a * b, 1) * DTYPE_BYTES[dtype as Dtype];
    if (end < begin || end - begin !== byteLength) {
      return fail(`Tensor ${label}: its bytes do not match its shape and dtype.`);
    }
    if (dataStart + end > fileSize)
      return fail(`Tensor ${label} lies beyond the end of the file: it is truncated.`);
    tensors.set(name, {
      dtype: dtype as Dtype,
      shape: shape as number[],
      offset: dataStart + begin,
      byteLength,
    });
  }
  const ordered = [...tensors.entries()].sort(
    ([, a], [, b]) => a.offset - b.offset || a.byteLength - b.byteLength,
  );
  for (let i = 1; i < ordered.length; i++) {
    const before = ordered[i - 1]![1];
    if (before.offset + before.byteLength > ordered[i]![1].offset) {
      return fail(`Tensor ${JSON.stringify(ordered[i]![0].slice(0, 200))} overlaps another one.`);
    }
  }
  return tensors;
}
