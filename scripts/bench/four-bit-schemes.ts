import type { TensorSource } from '../../src/onnx/decoder.js';
import { BLOCK_SIZE } from '../../src/onnx/matrix-weights.js';
import { quantizeBlocks4 } from '../../src/onnx/quantize.js';

/** Replaces whole rows of `columns` values by what is left of them after four bits. */
export type Scheme = (values: Float32Array, columns: number) => Float32Array;

/** Calls `use` with the borders of each block of each row. */
function eachBlock(length: number, columns: number, use: (start: number, end: number) => void): void {
  for (let row = 0; row < length; row += columns) {
    for (let start = row; start < row + columns; start += BLOCK_SIZE)
      use(start, Math.min(start + BLOCK_SIZE, row + columns));
  }
}

/** Symmetric around 8, the extreme value with its sign on the side with one step more. */
const signedExtreme: Scheme = (values, columns) => {
  const out = new Float32Array(values.length);
  eachBlock(values.length, columns, (start, end) => {
    let extreme = 0;
    for (let i = start; i < end; i++) if (Math.abs(values[i]!) > Math.abs(extreme)) extreme = values[i]!;
    const scale = extreme / -8 || 1;
    for (let i = start; i < end; i++) out[i] = Math.min(7, Math.round(values[i]! / scale)) * scale;
  });
  return out;
};

/** Symmetric with fifteen steps, -7 to 7. */
const fifteenSteps: Scheme = (values, columns) => {
  const out = new Float32Array(values.length);
  eachBlock(values.length, columns, (start, end) => {
    let peak = 0;
    for (let i = start; i < end; i++) peak = Math.max(peak, Math.abs(values[i]!));
    const scale = peak / 7 || 1;
    for (let i = start; i < end; i++) out[i] = Math.round(values[i]! / scale) * scale;
  });
  return out;
};

/** The product's own. */
const zeroPoint: Scheme = (values, columns) => {
  const packed = quantizeBlocks4(values, columns, BLOCK_SIZE);
  const blocks = Math.ceil(columns / BLOCK_SIZE);
  const nibble = (bytes: Uint8Array, place: number): number => (bytes[place >> 1]! >> (4 * (place & 1))) & 15;
  return values.map((_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const block = Math.floor(column / BLOCK_SIZE);
    const step = nibble(packed.values, (row * blocks + block) * BLOCK_SIZE + (column % BLOCK_SIZE));
    const zero = nibble(packed.zeroPoints, row * 2 * Math.ceil(blocks / 2) + block);
    return (step - zero) * packed.scales[row * blocks + block]!;
  });
};

export const SCHEMES: Readonly<Record<'signedExtreme' | 'fifteenSteps' | 'zeroPoint', Scheme>> = {
  signedExtreme,
  fifteenSteps,
  zeroPoint,
};

/** A model's tensors as they come back from four bits; token vectors and head, which never have four, as they are. */
export function throughFourBits(source: TensorSource, scheme: Scheme): TensorSource {
  return {
    vector: (name, length) => source.vector(name, length),
    matrix(name, rows, columns) {
      const whole = source.matrix(name, rows, columns);
      if (/embed_tokens|lm_head/.test(name)) return whole;
      return {
        rows,
        columns,
        readRows: async (first, count) =>
          scheme(Float32Array.from(await whole.readRows(first, count)), columns),
      };
    },
  };
}
