import { toFloat16 } from '../checkpoint/float-formats.js';
import type { DataType } from './proto.js';

/** A matrix as checkpoints store it: `rows` output features by `columns` input features, row-major. */
export interface MatrixSource {
  readonly rows: number;
  readonly columns: number;
  /**
   * Float32 values of `count` rows from `first`, row-major.
   * @param target may be filled and returned instead of a new array; it has at least as many elements
   */
  readRows(first: number, count: number, target?: Float32Array): Promise<Float32Array>;
  /** The same as float16 bits, each value's nearest; without it they are made of `readRows`. */
  readHalfRows?(first: number, count: number, target?: Uint16Array): Promise<Uint16Array>;
}

export interface WeightTensor {
  readonly name: string;
  readonly dataType: DataType;
  readonly dims: readonly number[];
  readonly byteLength: number;
}

/**
 * Memory for what is large and short-lived, used over and over: fresh buffers of hundreds of megabytes would pile up
 * until they are collected.
 */
export class Scratch {
  #buffers = new Map<string, ArrayBuffer>();

  /** @param most bytes of a transposed matrix that may be held at a time */
  constructor(readonly most = 640 << 20) {}

  /** At least `bytes` bytes for one purpose; what was taken for it before is overwritten. */
  take(purpose: string, bytes: number): ArrayBuffer {
    let buffer = this.#buffers.get(purpose);
    if (buffer === undefined || buffer.byteLength < bytes) {
      buffer = new ArrayBuffer(bytes);
      this.#buffers.set(purpose, buffer);
    }
    return buffer;
  }
}

/** Receives bytes for tensor number `index` of a group, at `byteOffset` inside that tensor. */
export type WeightSink = (index: number, byteOffset: number, bytes: Uint8Array) => Promise<void> | void;

/**
 * Tensors that are made together from one source, such as a quantised matrix and its scales. Sizes are known before
 * any value is read, so a file can be laid out first and then filled, one bounded piece at a time.
 */
export interface WeightGroup {
  readonly tensors: readonly WeightTensor[];
  write(sink: WeightSink, scratch: Scratch): Promise<void>;
}

/** Bytes of a matrix held at a time while it is read, in float32: about what a second-level cache holds. */
const CHUNK_BYTES = 4 << 20;

export function rowsPerChunk(columns: number): number {
  return Math.max(64, Math.floor(CHUNK_BYTES / (4 * columns) / 64) * 64);
}

export const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Hands out a matrix in chunks of whole rows; each is overwritten by the next. */
export async function* rowChunks(
  source: MatrixSource,
  scratch: Scratch,
): AsyncGenerator<{ first: number; count: number; values: Float32Array }> {
  const step = Math.min(rowsPerChunk(source.columns), source.rows);
  const length = step * source.columns;
  const target = new Float32Array(scratch.take('rows', 4 * length), 0, length);
  for (let first = 0; first < source.rows; first += step) {
    const count = Math.min(step, source.rows - first);
    yield { first, count, values: await source.readRows(first, count, target) };
  }
}

/** The same as float16 bits. */
export async function* halfRowChunks(
  source: MatrixSource,
  scratch: Scratch,
): AsyncGenerator<{ first: number; count: number; values: Uint16Array }> {
  const step = Math.min(rowsPerChunk(source.columns), source.rows);
  const length = step * source.columns;
  const target = new Uint16Array(scratch.take('halves', 2 * length), 0, length);
  for (let first = 0; first < source.rows; first += step) {
    const count = Math.min(step, source.rows - first);
    yield { first, count, values: await readHalfRows(source, first, count, target) };
  }
}

/** Float16 bits of whole rows of a matrix. */
export async function readHalfRows(
  source: MatrixSource,
  first: number,
  count: number,
  target: Uint16Array,
): Promise<Uint16Array> {
  if (source.readHalfRows !== undefined) return source.readHalfRows(first, count, target);
  toFloat16('F32', bytesOf(await source.readRows(first, count)), target);
  return target.subarray(0, count * source.columns);
}

/** Matrices stacked by rows, read as one: fused query-key-value and gate-up projections. */
export function stackRows(sources: readonly MatrixSource[]): MatrixSource {
  const columns = sources[0]!.columns;
  const rows = sources.reduce((sum, source) => sum + source.rows, 0);
  const gather = async <T extends Float32Array | Uint16Array>(
    first: number,
    count: number,
    target: T,
    read: (source: MatrixSource, first: number, count: number, place: T) => Promise<T>,
  ): Promise<T> => {
    let start = 0;
    for (const source of sources) {
      const from = Math.max(first, start);
      const to = Math.min(first + count, start + source.rows);
      if (from < to) {
        const place = target.subarray((from - first) * columns, (to - first) * columns) as T;
        const values = await read(source, from - start, to - from, place);
        if (values.buffer !== place.buffer) place.set(values);
      }
      start += source.rows;
    }
    return target.subarray(0, count * columns) as T;
  };
  return {
    rows,
    columns,
    readRows: (first, count, target = new Float32Array(count * columns)) =>
      gather(first, count, target, (source, at, n, place) => source.readRows(at, n, place)),
    readHalfRows: (first, count, target = new Uint16Array(count * columns)) =>
      gather(first, count, target, readHalfRows),
  };
}

/** A whole small tensor given as float32 values. */
export function vectorWeight(
  name: string,
  dims: readonly number[],
  read: () => Promise<Float32Array>,
): WeightGroup {
  const byteLength = 4 * dims.reduce((a, b) => a * b, 1);
  return {
    tensors: [{ name, dataType: 1, dims, byteLength }],
    async write(sink) {
      await sink(0, 0, bytesOf(await read()));
    },
  };
}
