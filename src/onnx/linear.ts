import type { Quantization } from '../checkpoint/decoder-contract.js';
import { type GraphBuilder, MICROSOFT, tensor } from './graph-builder.js';
import { DataType } from './proto.js';
import { quantizeBlocks4, quantizeRowsPairBounded } from './quantize.js';
import { bytesOf, type MatrixSource, rowsPerChunk, type WeightGroup } from './weights.js';

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
  if (quantization === '8bit') {
    const weights = int8ColumnsWeight(name, source);
    return { output: int8Product(builder, name, x, `${name}.weight`, `${name}.scale`, options), weights };
  }
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

/**
 * The 8-bit product of `x` with an int8 matrix of shape [columns, rows] and one scale per row.
 *
 * An infinite value makes its token's scale infinite and the product NaN, but the maximum may pass over a NaN. Where
 * NaN can arise out of finite numbers (after a softmax) and is not also carried past the product by the residual
 * stream, `guarded` adds zero times the sum of squares to the scale, so that nothing turns into plain numbers here.
 */
export function int8Product(
  builder: GraphBuilder,
  name: string,
  x: string,
  weight: string,
  scale: string,
  options: { guarded?: boolean } = {},
): string {
  const path = `/${name}`;
  const reduce = (opType: string, of: string): string =>
    builder.node(opType, [of, builder.int64(1)], { name: `${path}/${opType}`, attributes: { keepdims: 0 } });
  const peak = reduce('ReduceMax', builder.node('Abs', [x], { name: `${path}/Abs` }));
  let tokenScale = builder.mul(builder.node('Max', [peak, builder.float(1e-20)]), builder.float(1 / 127));
  if (options.guarded === true) {
    tokenScale = builder.add(tokenScale, builder.mul(reduce('ReduceSumSquare', x), builder.float(0)));
  }
  const zeroPoints = builder.node('ConstantOfShape', [builder.node('Shape', [tokenScale])], {
    name: `${path}/ZeroPoints`,
    attributes: { value: tensor('', DataType.uint8, [1], Uint8Array.of(128)) },
  });
  const quantized = builder.node('QuantizeLinear', [x, tokenScale, zeroPoints], {
    name: `${path}/QuantizeLinear`,
    attributes: { axis: 0 },
  });
  const one = builder.float(1);
  const zeroPoint = builder.uint8Scalar(128);
  const product = builder.node('MatMulIntegerToFloat', [quantized, weight, one, scale, zeroPoint], {
    name: `${path}/MatMulIntegerToFloat`,
    domain: MICROSOFT,
  });
  return builder.mul(product, builder.unsqueeze(tokenScale, 1));
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
      const step = rowsPerChunk(columns);
      for (let first = 0; first < rows; first += step) {
        const count = Math.min(step, rows - first);
        const packed = quantizeBlocks4(await source.readRows(first, count), columns, BLOCK_SIZE);
        await sink(0, first * blocks * half, packed.values);
        await sink(1, 4 * first * blocks, bytesOf(packed.scales));
      }
    },
  };
}

type TileArray = Float32Array | Int8Array;

/** Reads rows in chunks, converts them and hands out the pieces of the transposed matrix they fill. */
async function transposeInTiles<T extends TileArray>(
  source: MatrixSource,
  ArrayType: new (length: number) => T,
  convert: (tile: Float32Array, firstRow: number) => T,
  emit: (elementOffset: number, piece: T) => Promise<void> | void,
): Promise<void> {
  const { rows, columns } = source;
  const step = rowsPerChunk(columns);
  for (let first = 0; first < rows; first += step) {
    const count = Math.min(step, rows - first);
    const tile = convert(await source.readRows(first, count), first);
    const turned = new ArrayType(count * columns);
    // 32 x 32 tiles keep both sides of the transposition in the first-level cache.
    for (let r0 = 0; r0 < count; r0 += 32) {
      const r1 = Math.min(r0 + 32, count);
      for (let c0 = 0; c0 < columns; c0 += 32) {
        const c1 = Math.min(c0 + 32, columns);
        for (let c = c0; c < c1; c++) {
          for (let r = r0; r < r1; r++) turned[c * count + r] = tile[r * columns + c]!;
        }
      }
    }
    if (count === rows) {
      await emit(0, turned);
      continue;
    }
    for (let c = 0; c < columns; c++) {
      await emit(c * rows + first, turned.subarray(c * count, (c + 1) * count) as T);
    }
  }
}
