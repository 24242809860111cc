/** Shape of a model's cache. */
export interface CacheShape {
  readonly numLayers: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
}

/** Keys and values a run made: per layer, float [KV, rows, length, D]. */
export interface FreshKeyValues {
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
  readonly rows: number;
  /** Extent of the length axis, padding included. */
  readonly length: number;
}

/** A batch of rows laid out for a run: per layer, float [KV, rows, length, D], zero after each row's own end. */
export interface BatchKeyValues {
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
  readonly length: number;
  /** Real tokens of each row. */
  readonly lengths: readonly number[];
}

interface CachedRow {
  /** Place in the batch laid out last, and tokens there; -1 when it is not in it. */
  index: number;
  length: number;
  /** Tokens made since, not yet laid out. */
  pending: { from: FreshKeyValues; row: number; count: number } | null;
}

/** Address space that a buffer reserves, as a multiple of the memory it first takes; no memory until it grows into it. */
const RESERVED = 4;

/** `size` numbers in the memory of `old`, which grows or shrinks to just that; `old` itself is no longer to be used. */
function resized(old: Float32Array, size: number): Float32Array {
  const bytes = 4 * size;
  const buffer = old.buffer as ArrayBuffer;
  if (bytes > buffer.maxByteLength) {
    return new Float32Array(new ArrayBuffer(bytes, { maxByteLength: RESERVED * bytes }), 0, size);
  }
  if (bytes !== buffer.byteLength) buffer.resize(bytes);
  return new Float32Array(buffer, 0, size);
}

/**
 * The rows' own keys and values between runs. Each run's fresh part is kept as it came and only copied when the next
 * batch is laid out: one copy a run, not one a token, and rows join and leave in the same copy. Memory is two layouts of a
 * single layer, and one of all others, in buffers that are resized: nothing of it is left to the garbage collector.
 */
export class KeyValueCache {
  readonly #shape: CacheShape;
  readonly #alignment: number;
  readonly #rows = new Map<number, CachedRow>();
  #keys: Float32Array[];
  #values: Float32Array[];
  #scratch: Float32Array = new Float32Array(0);
  #rowCount = 0;
  #length = 0;

  /** @param alignment the length axis is a multiple of this many tokens */
  constructor(shape: CacheShape, alignment: number) {
    this.#shape = shape;
    this.#alignment = alignment;
    this.#keys = Array.from({ length: shape.numLayers }, () => new Float32Array(0));
    this.#values = Array.from({ length: shape.numLayers }, () => new Float32Array(0));
  }

  /** Real tokens of a row, 0 for an unknown one. */
  lengthOf(row: number): number {
    const cached = this.#rows.get(row);
    return cached === undefined ? 0 : cached.length + (cached.pending?.count ?? 0);
  }

  /** Records what a run made for `row`; its part must have been laid out before (see {@link layOut}). */
  append(row: number, from: FreshKeyValues, index: number, count: number): void {
    const cached = this.#rows.get(row) ?? { index: -1, length: 0, pending: null };
    if (cached.pending !== null) throw new Error('a row was appended to twice without a layout between');
    cached.pending = { from, row: index, count };
    this.#rows.set(row, cached);
  }

  release(row: number): void {
    this.#rows.delete(row);
  }

  /** Lays the given rows out as one batch, in their order. Rows left out keep nothing: release them first. */
  layOut(rows: readonly number[]): BatchKeyValues {
    const { numKeyValueHeads: heads, headDim } = this.#shape;
    const cached = rows.map((row) => this.#rows.get(row) ?? { index: -1, length: 0, pending: null });
    const lengths = rows.map((row) => this.lengthOf(row));
    const longest = Math.max(0, ...lengths);
    const length = Math.ceil(longest / this.#alignment) * this.#alignment;
    const size = heads * rows.length * length * headDim;
    // Every other run of the same rows has room behind them: only what is new is written.
    const inPlace =
      length === this.#length && rows.length === this.#rowCount && cached.every((row, i) => row.index === i);
    const lay = (old: Float32Array, pick: (fresh: FreshKeyValues) => Float32Array): Float32Array => {
      const target = inPlace ? old : resized(this.#scratch, size);
      for (let head = 0; head < heads; head++) {
        for (let i = 0; i < cached.length; i++) {
          const row = cached[i]!;
          const start = (head * rows.length + i) * length * headDim;
          let end = start + row.length * headDim;
          if (!inPlace && row.length > 0) {
            const from = (head * this.#rowCount + row.index) * this.#length * headDim;
            target.set(old.subarray(from, from + row.length * headDim), start);
          }
          if (row.pending !== null) {
            const { from, row: index, count } = row.pending;
            const at = (head * from.rows + index) * from.length * headDim;
            target.set(pick(from).subarray(at, at + count * headDim), end);
            end += count * headDim;
          }
          // Numbers left over from other rows could be NaN, and zero times NaN is not zero.
          target.fill(0, end, start + length * headDim);
        }
      }
      if (!inPlace) this.#scratch = old;
      return target;
    };
    for (let layer = 0; layer < this.#shape.numLayers; layer++) {
      this.#keys[layer] = lay(this.#keys[layer]!, (fresh) => fresh.keys[layer]!);
      this.#values[layer] = lay(this.#values[layer]!, (fresh) => fresh.values[layer]!);
    }
    const kept = new Set(rows);
    for (const [row, value] of this.#rows) if (!kept.has(row)) value.index = -1;
    cached.forEach((row, i) => {
      row.index = i;
      row.length = lengths[i]!;
      row.pending = null;
    });
    this.#rowCount = rows.length;
    this.#length = length;
    return {
      keys: this.#keys,
      values: this.#values,
      length,
      lengths,
    };
  }
}
