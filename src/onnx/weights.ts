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
}

export interface WeightTensor {
  readonly name: string;
  readonly dataType: DataType;
  readonly dims: readonly number[];
  readonly byteLength: number;
}

/** Receives bytes for tensor number `index` of a group, at `byteOffset` inside that tensor. */
export type WeightSink = (index: number, byteOffset: number, bytes: Uint8Array) => Promise<void> | void;

/**
 * Tensors that are made together from one source, such as a quantised matrix and its scales. Sizes are known before
 * any value is read, so a file can be laid out first and then filled, one bounded piece at a time.
 */
export interface WeightGroup {
  readonly tensors: readonly WeightTensor[];
  write(sink: WeightSink): Promise<void>;
}

/** Source bytes held in memory at a time while a matrix is read, in float32. */
const CHUNK_BYTES = 32 << 20;

export function rowsPerChunk(columns: number): number {
  return Math.max(32, Math.floor(CHUNK_BYTES / (4 * columns) / 32) * 32);
}

export const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Hands out a matrix in chunks of whole rows; each is overwritten by the next. */
export async function* rowChunks(
  source: MatrixSource,
): AsyncGenerator<{ first: number; count: number; values: Float32Array }> {
  const step = Math.min(rowsPerChunk(source.columns), source.rows);
  const target = new Float32Array(step * source.columns);
  for (let first = 0; first < source.rows; first += step) {
    const count = Math.min(step, source.rows - first);
    yield { first, count, values: await source.readRows(first, count, target) };
  }
}

/** Matrices stacked by rows, read as one: fused query-key-value and gate-up projections. */
export function stackRows(sources: readonly MatrixSource[]): MatrixSource {
  const columns = sources[0]!.columns;
  const rows = sources.reduce((sum, source) => sum + source.rows, 0);
  return {
    rows,
    columns,
    async readRows(first, count, target = new Float32Array(count * columns)) {
      let start = 0;
      for (const source of sources) {
        const from = Math.max(first, start);
        const to = Math.min(first + count, start + source.rows);
        if (from < to) {
          const place = target.subarray((from - first) * columns, (to - first) * columns);
          const read = await source.readRows(from - start, to - from, place);
          if (read.buffer !== place.buffer) place.set(read);
        }
        start += source.rows;
      }
      return target.subarray(0, count * columns);
    },
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
