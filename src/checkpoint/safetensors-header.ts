import { RunScoringError } from '../foundation/errors.js';
import { isRecord, quoted } from './config-fields.js';

/** Bytes per element of every type the format defines; only the first three hold weights this project reads. */
const ELEMENT_BYTES = {
  BF16: 2,
  F16: 2,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
  I32: 4,
  U32: 4,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
} as const;

export type TensorDtype = keyof typeof ELEMENT_BYTES;

export interface TensorInfo {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
}

/** Where a tensor's bytes lie in its file. */
export interface TensorEntry extends TensorInfo {
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** The largest published headers are a few megabytes; the format's own reader stops at 100 MB. */
export const MAX_HEADER_BYTES = 25_000_000;
export const MAX_TENSORS = 100_000;
const MAX_DIMENSIONS = 8;
/** The length field before the header. */
export const PREFIX_BYTES = 8;

const LFS_POINTER = 'version https://git-lfs';
/** Enough of a file's beginning to tell a pointer from weights. */
export const OPENING_BYTES = LFS_POINTER.length;

/**
 * Length of the JSON header, out of a file's first {@link OPENING_BYTES} bytes (fewer where the file is shorter).
 * @throws RunScoringError before anything of that length is allocated
 */
export function readHeaderLength(opening: Uint8Array, fileBytes: number, file: string): number {
  if (new TextDecoder('latin1').decode(opening) === LFS_POINTER) {
    throw new RunScoringError('MODEL_LFS_POINTER', 'This file is a git-lfs pointer, not the weights.', {
      at: { file },
      hint: 'Run "git lfs pull" in the folder, or let this program fetch the model by its hub id.',
    });
  }
  if (fileBytes < PREFIX_BYTES || opening.length < PREFIX_BYTES) {
    throw truncated(file, `it has ${fileBytes} bytes, and the header's length alone takes ${PREFIX_BYTES}`);
  }
  const length = new DataView(opening.buffer, opening.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw header(file, `announces ${length} bytes; at most ${MAX_HEADER_BYTES} are accepted`);
  }
  if (Number(length) + PREFIX_BYTES > fileBytes) {
    throw truncated(file, `its header announces ${length} bytes, and the file has ${fileBytes}`);
  }
  if (length < 2n) throw header(file, `announces ${length} bytes, too few for a JSON object`);
  return Number(length);
}

/**
 * Reads the JSON header. Every byte after it must belong to exactly one tensor, as the format demands: no overlap,
 * no gap, no byte too many or too few.
 */
export function parseHeader(json: Uint8Array, fileBytes: number, file: string): Map<string, TensorEntry> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    // The cause is left out: it quotes the file.
    throw header(file, 'is not JSON');
  }
  if (!isRecord(parsed)) throw header(file, 'is not a JSON object');
  const names = Object.keys(parsed).filter((name) => name !== '__metadata__');
  if (names.length > MAX_TENSORS)
    throw header(file, `lists ${names.length} tensors; at most ${MAX_TENSORS} are accepted`);

  const dataStart = PREFIX_BYTES + json.length;
  const entries = names.map((name) => ({ name, entry: readEntry(name, parsed[name], dataStart, file) }));
  entries.sort((a, b) => a.entry.byteOffset - b.entry.byteOffset || a.entry.byteLength - b.entry.byteLength);
  let end = dataStart;
  for (const { name, entry } of entries) {
    if (entry.byteOffset < end) throw offsets(file, name, 'overlaps the tensor before it');
    if (entry.byteOffset > end)
      throw offsets(file, name, `leaves a gap of ${entry.byteOffset - end} bytes before it`);
    end += entry.byteLength;
    if (end > fileBytes) {
      throw truncated(file, `tensor ${quoted(name)} ends at byte ${end}, and the file has ${fileBytes}`);
    }
  }
  if (end !== fileBytes) {
    throw new RunScoringError(
      'MODEL_SAFETENSORS_OFFSETS',
      `${fileBytes - end} bytes at the end belong to no tensor.`,
      { at: { file } },
    );
  }
  return new Map(entries.map(({ name, entry }) => [name, entry]));
}

function readEntry(name: string, value: unknown, dataStart: number, file: string): TensorEntry {
  const wrong = (what: string): RunScoringError => header(file, `has tensor ${quoted(name)} with ${what}`);
  if (!isRecord(value)) throw wrong('no description');
  const { dtype, shape, data_offsets: range } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(ELEMENT_BYTES, dtype))
    throw wrong(`unknown dtype ${quoted(dtype)}`);
  if (!Array.isArray(shape) || shape.length > MAX_DIMENSIONS || !shape.every(isSize)) {
    throw wrong(`a shape that is not a list of up to ${MAX_DIMENSIONS} sizes`);
  }
  if (!Array.isArray(range) || range.length !== 2 || !range.every(isSize) || range[0]! > range[1]!) {
    throw offsets(file, name, 'has offsets that are not a start and an end');
  }
  const [start, stop] = range as [number, number];
  // A product beyond 2^53 is inexact, but far beyond any range of bytes too, so the comparison stays right.
  const bytes = (shape as number[]).reduce(
    (product, size) => product * size,
    ELEMENT_BYTES[dtype as TensorDtype],
  );
  if (bytes !== stop - start) {
    throw offsets(file, name, `takes ${bytes} bytes by dtype and shape, but ${stop - start} by its offsets`);
  }
  return {
    dtype: dtype as TensorDtype,
    shape: Object.freeze([...(shape as number[])]),
    byteOffset: dataStart + start,
    byteLength: bytes,
  };
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function header(file: string, what: string): RunScoringError {
  return new RunScoringError('MODEL_SAFETENSORS_HEADER', `The safetensors header ${what}.`, { at: { file } });
}

function offsets(file: string, name: string, what: string): RunScoringError {
  return new RunScoringError('MODEL_SAFETENSORS_OFFSETS', `Tensor ${quoted(name)} ${what}.`, {
    at: { file },
  });
}

export function truncated(file: string, what: string): RunScoringError {
  return new RunScoringError('MODEL_FILE_TRUNCATED', `The file is cut short: ${what}.`, {
    at: { file },
    hint: 'Fetch it again.',
  });
}
