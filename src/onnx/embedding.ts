import type { WeightFormat } from '../checkpoint/decoder-contract.js';
import type { GraphBuilder } from './graph-builder.js';
import { halfProduct, halveTokens, int8Product, quantizeTokens } from './linear.js';
import { float16RowsWeight, float32ColumnsWeight, int8ColumnsWeight } from './matrix-weights.js';
import { DataType } from './proto.js';
import { quantizeRowsPairBounded } from './quantize.js';
import { bytesOf, type MatrixSource, rowChunks, type Scratch, type WeightGroup } from './weights.js';

/**
 * Embedding and head keep eight bits where the other matrices have four: they are the first and the last thing a
 * token meets, and four bits there cost more than they save.
 */
const storedAs = (format: WeightFormat): 'float32' | 'float16' | 'int8' =>
  (({ none: 'float32', float16: 'float16', '8bit': 'int8', '4bit': 'int8' }) as const)[format];

/** Values of the one table that a tied embedding and head share, stored [hidden, vocabulary]. */
const TIED = 'embedding';

/**
 * Looks up token vectors: ids int64 [batch, sequence] -> float [tokens, hidden].
 * A tied table is stored once, in the orientation of the head's product; where that is turned, the look-up takes columns.
 */
export function embedding(
  builder: GraphBuilder,
  ids: string,
  table: MatrixSource,
  tied: boolean,
  quantization: WeightFormat,
): { output: string; weights: WeightGroup[] } {
  const stored = storedAs(quantization);
  const int8 = stored === 'int8';
  const flat = builder.reshape(ids, -1);
  let weights: WeightGroup;
  let rows: string;
  if (tied && stored !== 'float16') {
    weights = int8 ? int8ColumnsWeight(TIED, table) : float32ColumnsWeight(TIED, table);
    const columns = builder.node('Gather', [`${TIED}.weight`, flat], {
      name: '/embedding/Gather',
      attributes: { axis: 1 },
    });
    rows = builder.transpose(columns, 1, 0);
  } else {
    const rowsWeight = { float32: float32RowsWeight, float16: float16RowsWeight, int8: int8RowsWeight };
    weights = rowsWeight[stored](TIED, table);
    rows = builder.node('Gather', [`${TIED}.weight`, flat], {
      name: '/embedding/Gather',
      attributes: { axis: 0 },
    });
  }
  if (stored === 'float16') rows = builder.cast(rows, DataType.float32);
  if (int8) {
    const scales = builder.node('Gather', [`${TIED}.scale`, flat], {
      name: '/embedding/Scale',
      attributes: { axis: 0 },
    });
    rows = builder.mul(builder.cast(rows, DataType.float32), builder.unsqueeze(scales, 1));
  }
  return { output: rows, weights: [weights] };
}

/** Logits float [tokens, vocabulary]; `untied` is the head's own matrix, or null where it is the embedding. */
export function head(
  builder: GraphBuilder,
  x: string,
  untied: MatrixSource | null,
  quantization: WeightFormat,
): { output: string; weights: WeightGroup[] } {
  const stored = storedAs(quantization);
  const int8 = stored === 'int8';
  const name = untied === null ? TIED : 'head';
  if (stored === 'float16') {
    const output = halfProduct(builder, 'head', halveTokens(builder, 'head', x), `${name}.weight`);
    return { output, weights: untied === null ? [] : [float16RowsWeight(name, untied)] };
  }
  const output = int8
    ? int8Product(builder, 'head', quantizeTokens(builder, 'head', x), `${name}.weight`, `${name}.scale`)
    : builder.node('MatMul', [x, `${name}.weight`], { name: '/head/MatMul' });
  if (untied === null) return { output, weights: [] };
  return { output, weights: [int8 ? int8ColumnsWeight(name, untied) : float32ColumnsWeight(name, untied)] };
}

function float32RowsWeight(name: string, source: MatrixSource): WeightGroup {
  const { rows, columns } = source;
  return {
    tensors: [
      {
        name: `${name}.weight`,
        dataType: DataType.float32,
        dims: [rows, columns],
        byteLength: 4 * rows * columns,
      },
    ],
    write: (sink, scratch) =>
      eachChunk(source, scratch, (first, values) => sink(0, 4 * first * columns, bytesOf(values))),
  };
}

function int8RowsWeight(name: string, source: MatrixSource): WeightGroup {
  const { rows, columns } = source;
  return {
    tensors: [
      { name: `${name}.weight`, dataType: DataType.int8, dims: [rows, columns], byteLength: rows * columns },
      { name: `${name}.scale`, dataType: DataType.float32, dims: [rows], byteLength: 4 * rows },
    ],
    write: (sink, scratch) =>
      eachChunk(source, scratch, async (first, values) => {
        const quantized = quantizeRowsPairBounded(values, columns);
        await sink(0, first * columns, bytesOf(quantized.values));
        await sink(1, 4 * first, bytesOf(quantized.scales));
      }),
  };
}

async function eachChunk(
  source: MatrixSource,
  scratch: Scratch,
  use: (firstRow: number, values: Float32Array) => Promise<void> | void,
): Promise<void> {
  for await (const { first, values } of rowChunks(source, scratch)) await use(first, values);
}
