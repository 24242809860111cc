import type { WeightFormat } from '../checkpoint/decoder-contract.js';
import { type GraphBuilder, MICROSOFT, tensor } from './graph-builder.js';
import {
  BLOCK_SIZE,
  blocks4Weight,
  float16RowsWeight,
  float32ColumnsWeight,
  int8ColumnsWeight,
} from './matrix-weights.js';
import { DataType } from './proto.js';
import type { MatrixSource, WeightGroup } from './weights.js';

export interface LinearOptions {
  /** A NaN in `x` would otherwise be lost; see {@link quantizeTokens}. */
  readonly guarded?: boolean;
  /** `x` is not bounded by a norm before it, so float16 scales each token to at most one. */
  readonly unbounded?: boolean;
}

/**
 * Adds `y = x W^T` to a graph. `x` is float [tokens, columns], the result float [tokens, rows]; the weight's bytes
 * are written later, through the returned group.
 *
 *   none     x ── MatMul(W [columns, rows])
 *   float16  x ── Cast ── Gemm(W float16 [rows, columns], turned) ── Cast
 *   8bit     x ── per-token scale ── QuantizeLinear ── MatMulIntegerToFloat(W int8) ── × token scale
 *   4bit     x ── MatMulNBits(W 4-bit blocks of 32)
 *
 * Activations stay float32 between products in every form, the residual stream and the caches above all: many a model
 * trained in BF16 goes beyond float16's 65,504 there.
 *
 * In the 8-bit form every token has an activation scale of its own, and the products are summed as integers: a
 * token's result cannot depend on what else is in the batch, nor on the order of summation.
 */
export function linear(
  builder: GraphBuilder,
  name: string,
  x: string,
  source: MatrixSource,
  quantization: WeightFormat,
  options: LinearOptions = {},
): { output: string; weights: WeightGroup } {
  return linears(builder, x, [{ name, source }], quantization, options)[0]!;
}

/** Several products of the same `x`, which is quantised once. */
export function linears(
  builder: GraphBuilder,
  x: string,
  matrices: readonly { readonly name: string; readonly source: MatrixSource }[],
  quantization: WeightFormat,
  options: LinearOptions = {},
): { output: string; weights: WeightGroup }[] {
  if (quantization === '8bit') {
    const tokens = quantizeTokens(builder, matrices[0]!.name, x, options);
    return matrices.map(({ name, source }) => ({
      output: int8Product(builder, name, tokens, `${name}.weight`, `${name}.scale`),
      weights: int8ColumnsWeight(name, source),
    }));
  }
  if (quantization === 'float16') {
    const tokens = halveTokens(builder, matrices[0]!.name, x, options);
    return matrices.map(({ name, source }) => ({
      output: halfProduct(builder, name, tokens, `${name}.weight`),
      weights: float16RowsWeight(name, source),
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
    const output = builder.node('MatMulNBits', [x, `${name}.weight`, `${name}.scale`, `${name}.zero_point`], {
      name: `/${name}/MatMulNBits`,
      domain: MICROSOFT,
      attributes: { K: source.columns, N: source.rows, bits: 4, block_size: BLOCK_SIZE, accuracy_level: 4 },
    });
    return { output, weights };
  }
  const output = builder.node('MatMul', [x, `${name}.weight`], { name: `/${name}/MatMul` });
  return { output, weights: float32ColumnsWeight(name, source) };
}

/** Activations in float16 [tokens, columns], and float [tokens, 1] scales where they were scaled. */
export interface HalfTokens {
  readonly values: string;
  readonly scale: string | null;
}

/** Rounds tokens to float16; `unbounded` ones are divided by their largest magnitude before. */
export function halveTokens(
  builder: GraphBuilder,
  name: string,
  x: string,
  options: LinearOptions = {},
): HalfTokens {
  if (options.unbounded !== true) return { values: builder.cast(x, DataType.float16), scale: null };
  const magnitudes = builder.node('Abs', [x], { name: `/${name}/Abs` });
  const largest = builder.node('ReduceMax', [magnitudes, builder.int64(1)], {
    name: `/${name}/ReduceMax`,
    attributes: { keepdims: 1 },
  });
  const scale = builder.node('Max', [largest, builder.float(1e-20)]);
  return { values: builder.cast(builder.node('Div', [x, scale]), DataType.float16), scale };
}

/** The product of float16 tokens with a float16 matrix as checkpoints store it, [rows, columns]. */
export function halfProduct(builder: GraphBuilder, name: string, tokens: HalfTokens, weight: string): string {
  const half = builder.node('Gemm', [tokens.values, weight], {
    name: `/${name}/Gemm`,
    attributes: { transB: 1 },
  });
  const output = builder.cast(half, DataType.float32);
  return tokens.scale === null ? output : builder.mul(output, tokens.scale);
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
  options: LinearOptions = {},
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
