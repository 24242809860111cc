import { GraphBuilder } from '../../src/onnx/graph-builder.js';
import { linear } from '../../src/onnx/linear.js';
import { modelBytes } from '../../src/onnx/model-file.js';
import { DataType } from '../../src/onnx/proto.js';
import type { WeightGroup } from '../../src/onnx/weights.js';
import { cpuSeconds } from './contender.js';
import { quantizationOf } from './make-model.js';
import { modelConfig, weights } from './weights.js';

/**
 * CPU seconds that the bare matrix products of this work take: the products of all layers one after the other, with
 * the same operators and numbers of rows as in the engine's graph, on one thread and with nothing in between but what
 * quantises their input.
 */
export async function productSeconds(
  bits: 8 | 4,
  work: { prefillTokens: number; prefillRows: number; decodeTokens: number; decodeRows: number },
): Promise<number> {
  const runtime = await import('onnxruntime-node');
  const session = await runtime.InferenceSession.create(await productsGraph(bits), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const secondsPerRow = async (rows: number, withHead: boolean): Promise<number> => {
    const tensor = (width: number): InstanceType<typeof runtime.Tensor> =>
      new runtime.Tensor(
        'float32',
        Float32Array.from({ length: rows * width }, () => Math.random() - 0.5),
        [rows, width],
      );
    const feeds: Record<string, ReturnType<typeof tensor>> = {
      hidden: tensor(modelConfig.hidden_size),
      inner: tensor(modelConfig.intermediate_size),
      one: new runtime.Tensor('float32', new Float32Array(modelConfig.hidden_size), [
        1,
        modelConfig.hidden_size,
      ]),
    };
    if (withHead) feeds['one'] = feeds['hidden']!;
    await session.run(feeds);
    const runs = 5;
    const cpu = cpuSeconds();
    for (let i = 0; i < runs; i++) await session.run(feeds);
    return (cpuSeconds() - cpu) / runs / rows;
  };
  const seconds =
    work.prefillTokens * (await secondsPerRow(work.prefillRows, false)) +
    work.decodeTokens * (await secondsPerRow(work.decodeRows, true));
  await session.release();
  return seconds;
}

/** hidden [M, 576] and inner [M, 1536] through every matrix of the model; `one` goes through the head. */
async function productsGraph(bits: 8 | 4): Promise<Uint8Array> {
  const { hidden_size: hidden, intermediate_size: ffn, num_hidden_layers: layers } = modelConfig;
  const builder = new GraphBuilder('products');
  const x = builder.input('hidden', DataType.float32, ['M', hidden]);
  const inner = builder.input('inner', DataType.float32, ['M', ffn]);
  const one = builder.input('one', DataType.float32, ['H', hidden]);
  const groups: WeightGroup[] = [];
  const outputs: string[] = [];
  const add = (
    name: string,
    of: string,
    rows: number,
    columns: number,
    quantization = quantizationOf(bits),
  ) => {
    const made = linear(builder, name, of, weights.matrix(name, rows, columns), quantization);
    groups.push(made.weights);
    // Only a corner leaves the graph: what is measured is not a copy.
    outputs.push(builder.node('Slice', [made.output, builder.int64(0), builder.int64(1), builder.int64(0)]));
  };
  for (let layer = 0; layer < layers; layer++) {
    add(`${layer}.qkv`, x, hidden + 2 * modelConfig.num_key_value_heads * modelConfig.head_dim, hidden);
    add(`${layer}.out`, x, hidden, hidden);
    add(`${layer}.gate`, x, ffn, hidden);
    add(`${layer}.up`, x, ffn, hidden);
    add(`${layer}.down`, inner, hidden, ffn);
  }
  add('head', one, modelConfig.vocab_size, hidden, '8bit');
  outputs.forEach((name, i) => {
    builder.rename(name, `corner.${i}`);
    builder.output(`corner.${i}`, DataType.float32, [1, 'N']);
  });
  return modelBytes({ graph: builder.graph(), weights: groups });
}
