import type { Quantization } from '../checkpoint/decoder-contract.js';
import { type GraphBuilder, MICROSOFT, tensor } from './graph-builder.js';
import { DataType } from './proto.js';
import { quantizeBlocks4, quantizeRowsPairBounded } from './quantize.js';
import { bytesOf, type MatrixSource, rowChunks, type WeightGroup } from './weights.js';

/** Elements of the input dimension that share a scale in 4-bit matrices. */
export const BLOCK_SIZE = 32;

/**
 * Adds `y = x W^T` to a graph. `x` is float [tokens, columns], the result float [tokens, rows]; the weight's bytes
 * are written later, through the returned group.
 *
 *   none   x ── MatMul(W [columns, rows])
 *   8bit   x ── per-token scale ── QuantizeLinear ── MatMulIntegerToFloat(W int8) ── × token scale
 *   4bit   x ── MatMulNBits(W 4-bit blocks of 32)
 *
 * In the 8-bit form every token has an activation scale of its own, and the products are summed as integers: a
 * token's result cannot depend on what else is in the batch, nor on the order of summation.
 */
export function linear(
  builder: GraphBuilder,
  name: string,
  x: string,
  source: MatrixSource,
  quantization: Quantization,
  options: { guarded?: boolean } = {},
): { output: string; weights: WeightGroup } {
  return linears(builder, x, [{ name, source }], quantization, options)[0]!;
}

/** Several products of the same `x`, which is quantised once. */
export function linears(
  builder: GraphBuilder,
  x: string,
  matrices: readonly { readonly name: string; readonly source: MatrixSource }[],
  quantization: Quantization,
  options: { guarded?: boolean } = {},
): { output: string; weights: WeightGroup }[] {
  if (quantization === '8bit') {
    const tokens = quantizeTokens(builder, matrices[0]!.name, x, options);
    return matrices.map(({ name, source }) => ({
      output: int8Product(builder, name, tokens, `${name}.weight`, `${name}.scale`),
      weights: int8ColumnsWeight(name, source),
    }));
  }
  return matrices.map(({ name, source }) => product(builder, name, x, source, quantization));
}

function product(
  builder: GraphBuilder,
  name: string,
  x: string,
  source: MatrixSource,
  quantization: 'none' | '4bit',
): { output: string; weights: WeightGroup } {
  if (quantization === '4bit') {
    const weights = blocks4Weight(name, source);
    const output = builder.node('MatMulNBits', [x, `${name}.weight`, `${name}.scale`], {
      name: `/${name}/MatMulNBits`,
      domain: MICROSOFT,
      attributes: { K: source.columns, N: source.rows, bits: 4, block_size: BLOCK_SIZE, accuracy_level: 4 },
    });
    return { output, weights };
  }
  const output = builder.node('MatMul', [x, `${name}.weight`], { name: `/${name}/MatMul` });
  return { output, weights: float32ColumnsWeight(name, source) };
}

/** Activations in eight bits: uint8 [tokens, columns] around 128, and float [tokens, 1] scales. */
export interface QuantizedTokens {
  readonly values: string;
  readonly scale: string;
}

/**
 * Quantises each token of `x` [tokens, columns] with a scale of its own.
 *
 * An infinite value makes its token's scale infinite and the product NaN, but the maximum may pass over a NaN. Where
 * NaN can arise out of finite numbers (after a softmax) and is not also carried past the product by the residual
 * stream, `guarded` adds zero times the sum of the magnitudes to the scale, so that nothing turns into plain numbers.
 */
export function quantizeTokens(
  builder: GraphBuilder,
  name: string,
  x: string,
  options: { guarded?: boolean } = {},
): QuantizedTokens {
  const path = `/${name}`;
  const magnitudes = builder.node('Abs', [x], { name: `${path}/Abs` });
  const reduce = (opType: string): string =>
    builder.node(opType, [magnitudes, builder.int64(1)], {
      name: `${path}/${opType}`,
      attributes: { keepdims: 0 },
    });
  let scale = builder.mul(
    builder.node('Max', [reduce('ReduceMax'), builder.float(1e-20)]),
    builder.float(1 / 127),
  );
  if (options.guarded === true) {
    scale = builder.add(scale, builder.mul(reduce('ReduceSum'), builder.float(0)));
  }
  const zeroPoints = builder.node('ConstantOfShape', [builder.node('Shape', [scale])], {
    name: `${path}/ZeroPoints`,
    attributes: { value: tensor('', DataType.uint8, [1], Uint8Array.of(128)) },
  });
  const values = builder.node('QuantizeLinear', [x, scale, zeroPoints], {
    name: `${path}/QuantizeLinear`,
    attributes: { axis: 0 },
  });
  return { values, scale: builder.unsqueeze(scale, 1) };
}

/** The product of quantised tokens with an int8 matrix of shape [columns, rows] and one scale per row. */
export function int8Product(
  builder: GraphBuilder,
  name: string,
  tokens: QuantizedTokens,
  weight: string,
  scale: string,
): string {
  const one = builder.float(1);
  const zeroPoint = builder.uint8Scalar(128);
  const sums = builder.node('MatMulIntegerToFloat', [tokens.values, weight, one, scale, zeroPoint], {
    name: `/${name}/MatMulIntegerToFloat`,
    domain: MICROSOFT,
  });
  return builder.mul(sums, tokens.scale);
}

/** W stored as float32 [columns, rows]: what plain MatMul wants. */
export function float32ColumnsWeight(name: string, source: MatrixSource): WeightGroup {
  const { rows, columns } = source;
  return {
    tensors: [
      {
        name: `${name}.weight`,
        dataType: DataType.float32,
        dims: [columns, rows],
        byteLength: 4 * rows * columns,
      },
    ],
    write: (sink) =>
      transposeInTiles(
        source,
        Float32Array,
        (tile) => tile,
        (offset, piece) => sink(0, 4 * offset, bytesOf(piece)),
      ),
  };
}

/** W stored as int8 [columns, rows] with a float32 scale per row of the source. */
export function int8ColumnsWeight(name: string, source: MatrixSource): WeightGroup {
  const { rows, columns } = source;
  return {
    tensors: [
      { name: `${name}.weight`, dataType: DataType.int8, dims: [columns, rows], byteLength: rows * columns },
      { name: `${name}.scale`, dataType: DataType.float32, dims: [rows], byteLength: 4 * rows },
    ],
    async write(sink) {
      const scales = new Float32Array(rows);
      await transposeInTiles(
        source,
        Int8Array,
        (tile, firstRow) => {
          const quantized = quantizeRowsPairBounded(tile, columns);
          scales.set(quantized.scales, firstRow);
          return quantized.values;
        },
        (offset, piece) => sink(0, offset, bytesOf(piece)),
      );
      await sink(1, 0, bytesOf(scales));
    },
  };
}

function blocks4Weight(name: string, source: MatrixSource): WeightGroup {
  const { rows, columns } = source;
  const blocks = Math.ceil(columns / BLOCK_SIZE);
  const half = BLOCK_SIZE / 2;
  return {
    tensors: [
      {
        name: `${name}.weight`,
        dataType: DataType.uint8,
        dims: [rows, blocks, half],
        byteLength: rows * blocks * half,
      },
      {
        name: `${name}.scale`,
        dataType: DataType.float32,
        dims: [rows * blocks],
        byteLength: 4 * rows * blocks,
      },
    ],
    async write(sink) {
      for await (const { first, values } of rowChunks(source)) {
        const packed = quantizeBlocks4(values, columns, BLOCK_SIZE);
        await sink(0, first * blocks * half, packed.values);
        await sink(1, 4 * first * blocks, bytesOf(packed.scales));
      }
    },
  };
}

type TileArray = Float32Array | Int8Array;

/** Bytes of the turned matrix held at a time. Where that is not all of it, the source is read once for each band. */
const BAND_BYTES = 640 << 20;

/** Reads rows in chunks, converts them, and hands out the transposed matrix in bands of whole columns of the source. */
async function transposeInTiles<T extends TileArray>(
  source: MatrixSource,
  ArrayType: { new (length: number): T; readonly BYTES_PER_ELEMENT: number },
  convert: (tile: Float32Array, firstRow: number) => T,
  emit: (elementOffset: number, piece: T) => Promise<void> | void,
): Promise<void> {
  const { rows, columns } = source;
  const most = Math.max(1, Math.floor(BAND_BYTES / (rows * ArrayType.BYTES_PER_ELEMENT)));
  const bands = Math.ceil(columns / most);
  const width = Math.ceil(columns / bands);
  for (let from = 0; from < columns; from += width) {
    const to = Math.min(from + width, columns);
    const band = new ArrayType((to - from) * rows);
    for await (const { first, count, values } of rowChunks(source)) {
      turn(convert(values, first), columns, count, from, to, band, rows, first);
    }
    await emit(from * rows, band);
  }
}

/** Writes columns `from` to `to` of a tile [count, columns] as rows of a band [to - from, rows], from `first` on. */
function turn(
  tile: TileArray,
  columns: number,
  count: number,
  from: number,
  to: number,
  band: TileArray,
  rows: number,
  first: number,
): void {
  // 32 x 32 pieces keep both sides in the first-level cache.
  for (let r0 = 0; r0 < count; r0 += 32) {
    const r1 = Math.min(r0 + 32, count);
    for (let c0 = from; c0 < to; c0 += 32) {
      const c1 = Math.min(c0 + 32, to);
      for (let c = c0; c < c1; c++) {
        const at = (c - from) * rows + first;
        for (let r = r0; r < r1; r++) band[at + r] = tile[r * columns + c]!;
      }
    }
  }
}
