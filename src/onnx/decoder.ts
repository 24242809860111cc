import { DecoderNames, type WeightFormat } from '../checkpoint/decoder-contract.js';
import type { ModelConfig } from '../checkpoint/model-config.js';
import type { Architecture } from './architectures/architecture.js';
import { embedding, head } from './embedding.js';
import { float, GraphBuilder, MICROSOFT } from './graph-builder.js';
import { type LinearOptions, linear, linears } from './linear.js';
import { DataType, type GraphProto } from './proto.js';
import { localRotary, type RotarySettings, rotaryCache, rotaryPositions } from './rotary-cache.js';
import { type MatrixSource, stackRows, vectorWeight, type WeightGroup } from './weights.js';

/** Tensors of a checkpoint by name; shapes have been checked against the config. */
export interface TensorSource {
  matrix(name: string, rows: number, columns: number): MatrixSource;
  vector(name: string, length: number): () => Promise<Float32Array>;
}

export interface DecoderDefinition {
  readonly graph: GraphProto;
  readonly weights: readonly WeightGroup[];
}

/**
 * Builds a decoder graph under the field's usual contract (see `decoder-contract.ts`). Hidden states are
 * [tokens, hidden] throughout, batch and sequence folded, but for attention:
 *
 *   input_ids ─ embedding ─┬─ norm ─ q,k,v ─ GroupQueryAttention ─ out ─ + ─┬─ norm ─ gate,up ─ SiLU × ─ down ─ + ─ …
 *                          └───────────────────────────────────────────────┘└──────────────────────────────────┘
 *   … ─ final norm ─ head ─ logits
 *
 * Rows must be padded on the right: GroupQueryAttention counts a row's tokens from the left.
 */
export function buildDecoder(
  config: ModelConfig,
  architecture: Architecture,
  source: TensorSource,
  quantization: WeightFormat,
): DecoderDefinition {
  const builder = new GraphBuilder('decoder');
  const weights: WeightGroup[] = [];
  const { hiddenSize, numAttentionHeads, numKeyValueHeads, headDim, intermediateSize, vocabSize } = config;
  const queryWidth = numAttentionHeads * headDim;
  const keyValueWidth = numKeyValueHeads * headDim;

  const ids = builder.input(DecoderNames.inputIds, DataType.int64, ['batch_size', 'sequence_length']);
  const mask = builder.input(DecoderNames.attentionMask, DataType.int64, [
    'batch_size',
    'total_sequence_length',
  ]);
  const batchAndSequence = builder.node('Shape', [ids], { name: '/shape/BatchAndSequence' });
  const rowTokens = builder.node('ReduceSum', [mask, builder.int64(1)], {
    name: '/lengths/RowTokens',
    attributes: { keepdims: 0 },
  });
  const lastIndex = builder.cast(builder.node('Sub', [rowTokens, builder.int64Scalar(1)]), DataType.int32);
  const totalLength = builder.cast(
    builder.node('Squeeze', [builder.extent(mask, 1), builder.int64(0)]),
    DataType.int32,
  );

  const addLinear = (name: string, x: string, matrix: MatrixSource, options: LinearOptions = {}): string => {
    const made = linear(builder, name, x, matrix, quantization, options);
    weights.push(made.weights);
    return made.output;
  };
  const addNorm = (name: string, length: number): string => {
    const read = source.vector(name, length);
    const offset = architecture.normOffset;
    const values = offset === 0 ? read : async () => (await read()).map((value) => value + offset);
    weights.push(vectorWeight(name, [length], values));
    return name;
  };

  const addRotary = (path: string, settings: RotarySettings): { cos: string; sin: string } => {
    const dims = [rotaryPositions(settings), headDim / 2];
    weights.push(vectorWeight(`${path}.cos`, dims, async () => rotaryCache(settings).cos));
    weights.push(vectorWeight(`${path}.sin`, dims, async () => rotaryCache(settings).sin));
    return { cos: `${path}.cos`, sin: `${path}.sin` };
  };
  const rotary = addRotary('rotary', config);
  const local = localRotary(config);
  const windowedRotary = local === null ? rotary : addRotary('rotary.windowed', local);

  const table = source.matrix(architecture.embedding, vocabSize, hiddenSize);
  const embedded = embedding(builder, ids, table, config.tieWordEmbeddings, quantization);
  weights.push(...embedded.weights);

  const embeddingScale = architecture.embeddingScale(config);
  let residual =
    embeddingScale === 1 ? embedded.output : builder.mul(embedded.output, builder.float(embeddingScale));
  let pending: string | null = null;
  /** Adds what the last block computed to the residual stream and normalises the sum. */
  const normalise = (name: string): string => {
    const gamma = addNorm(name, hiddenSize);
    const epsilon = float(config.rmsNormEps);
    if (pending === null) {
      return builder.node('SimplifiedLayerNormalization', [residual, gamma], {
        name: `/${name}/SimplifiedLayerNormalization`,
        attributes: { axis: -1, epsilon, stash_type: 1 },
      });
    }
    const path = `/${name}/SkipSimplifiedLayerNormalization`;
    const [normal, , , sum] = builder.nodeMany(
      'SkipSimplifiedLayerNormalization',
      [residual, pending, gamma],
      {
        name: path,
        domain: MICROSOFT,
        outputs: [`${path}/output_0`, '', '', `${path}/output_3`],
        attributes: { epsilon },
      },
    );
    residual = sum!;
    return normal!;
  };
  /** A norm on a block's result, before it joins the residual stream. */
  const normaliseOutput = (x: string, name: string | undefined, prefix: string): string =>
    name === undefined
      ? x
      : builder.node('SimplifiedLayerNormalization', [x, addNorm(`${prefix}${name}.weight`, hiddenSize)], {
          name: `/${prefix}${name}/SimplifiedLayerNormalization`,
          attributes: { axis: -1, epsilon: float(config.rmsNormEps), stash_type: 1 },
        });

  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const prefix = architecture.layerPrefix(layer);
    const names = architecture.layer;
    const path = `layers.${layer}`;

    const attentionInput = normalise(`${prefix}${names.inputNorm}.weight`);
    let qkv = addLinear(
      `${path}.attention.qkv`,
      attentionInput,
      stackRows([
        source.matrix(`${prefix}${names.query}.weight`, queryWidth, hiddenSize),
        source.matrix(`${prefix}${names.key}.weight`, keyValueWidth, hiddenSize),
        source.matrix(`${prefix}${names.value}.weight`, keyValueWidth, hiddenSize),
      ]),
    );
    if (architecture.hasQkvBias(config)) {
      const parts = (
        [
          [names.query, queryWidth],
          [names.key, keyValueWidth],
          [names.value, keyValueWidth],
        ] as const
      ).map(([name, width]) => source.vector(`${prefix}${name}.bias`, width));
      const bias = `${path}.attention.qkv.bias`;
      weights.push(
        vectorWeight(bias, [queryWidth + 2 * keyValueWidth], async () => {
          const values: number[] = [];
          for (const part of parts) values.push(...(await part()));
          return Float32Array.from(values);
        }),
      );
      qkv = builder.add(qkv, bias);
    }
    const attended = attention(builder, config, architecture, layer, qkv, {
      batchAndSequence,
      lastIndex,
      totalLength,
      rotary: config.layerWindows[layer] === null ? rotary : windowedRotary,
      addNorm,
    });
    pending = addLinear(
      `${path}.attention.out`,
      builder.reshape(attended, -1, queryWidth),
      source.matrix(`${prefix}${names.attentionOutput}.weight`, hiddenSize, queryWidth),
      { guarded: true },
    );
    pending = normaliseOutput(pending, names.attentionOutputNorm, prefix);

    const feedForwardInput = normalise(`${prefix}${names.postAttentionNorm}.weight`);
    const [gate, up] = linears(
      builder,
      feedForwardInput,
      (['gate', 'up'] as const).map((part) => ({
        name: `${path}.feed_forward.${part}`,
        source: source.matrix(`${prefix}${names[part]}.weight`, intermediateSize, hiddenSize),
      })),
      quantization,
    ).map(({ output, weights: group }) => {
      weights.push(group);
      return output;
    });
    const activated = activation(builder, config.hiddenAct, `/${path}/feed_forward`, gate!);
    pending = addLinear(
      `${path}.feed_forward.down`,
      builder.mul(activated, up!),
      source.matrix(`${prefix}${names.down}.weight`, hiddenSize, intermediateSize),
      { unbounded: true },
    );
    pending = normaliseOutput(pending, names.feedForwardOutputNorm, prefix);
  }

  const final = normalise(architecture.finalNorm);
  const untied = config.tieWordEmbeddings ? null : source.matrix(architecture.head, vocabSize, hiddenSize);
  const logits = head(builder, final, untied, quantization);
  weights.push(...logits.weights);
  const capped = softcap(builder, logits.output, config.finalSoftcap);
  const shape = builder.concat(0, batchAndSequence, builder.int64(vocabSize));
  builder.node('Reshape', [capped, shape], { name: '/head/Reshape', outputs: [DecoderNames.logits] });
  builder.output(DecoderNames.logits, DataType.float32, ['batch_size', 'sequence_length', vocabSize]);
  return { graph: builder.graph(), weights };
}

function activation(builder: GraphBuilder, kind: ModelConfig['hiddenAct'], path: string, x: string): string {
  if (kind === 'gelu_pytorch_tanh') {
    return builder.node('FastGelu', [x], { name: `${path}/FastGelu`, domain: MICROSOFT });
  }
  // QuickGelu with alpha 1 is x * sigmoid(x), SiLU, in one pass.
  return builder.node('QuickGelu', [x], {
    name: `${path}/SiLU`,
    domain: MICROSOFT,
    attributes: { alpha: float(1) },
  });
}

/** `cap * tanh(x / cap)`, or x itself without a cap. */
function softcap(builder: GraphBuilder, x: string, cap: number | null): string {
  if (cap === null) return x;
  return builder.mul(builder.node('Tanh', [builder.mul(x, builder.float(1 / cap))]), builder.float(cap));
}

interface AttentionContext {
  readonly batchAndSequence: string;
  readonly lastIndex: string;
  readonly totalLength: string;
  readonly rotary: { readonly cos: string; readonly sin: string };
  addNorm(name: string, length: number): string;
}

/** One GroupQueryAttention node with its cache inputs and outputs; `qkv` is [tokens, query + key + value widths]. */
function attention(
  builder: GraphBuilder,
  config: ModelConfig,
  architecture: Architecture,
  layer: number,
  qkv: string,
  context: AttentionContext,
): string {
  const { numAttentionHeads, numKeyValueHeads, headDim } = config;
  const path = `/layers.${layer}/attention`;
  const cacheDims = (length: string) => ['batch_size', numKeyValueHeads, length, headDim];
  const pastKey = builder.input(
    DecoderNames.pastKey(layer),
    DataType.float32,
    cacheDims('past_sequence_length'),
  );
  const pastValue = builder.input(
    DecoderNames.pastValue(layer),
    DataType.float32,
    cacheDims('past_sequence_length'),
  );
  builder.output(DecoderNames.presentKey(layer), DataType.float32, cacheDims('total_sequence_length'));
  builder.output(DecoderNames.presentValue(layer), DataType.float32, cacheDims('total_sequence_length'));

  const queryWidth = numAttentionHeads * headDim;
  const keyValueWidth = numKeyValueHeads * headDim;
  const withSequence = (x: string, width: number): string =>
    builder.node('Reshape', [x, builder.concat(0, context.batchAndSequence, builder.int64(width))]);

  let query: string;
  let key = '';
  let value = '';
  const norms = architecture.qkNorm(config);
  if (norms === null) {
    query = withSequence(qkv, queryWidth + 2 * keyValueWidth);
  } else {
    const parts = builder.nodeMany('Split', [qkv, builder.int64(queryWidth, keyValueWidth, keyValueWidth)], {
      name: `${path}/SplitQkv`,
      outputs: 3,
      attributes: { axis: 1 },
    });
    const prefix = architecture.layerPrefix(layer);
    const headNorm = (x: string, name: string, width: number): string => {
      const normal = builder.node(
        'SimplifiedLayerNormalization',
        [builder.reshape(x, -1, headDim), context.addNorm(`${prefix}${name}`, headDim)],
        { attributes: { axis: -1, epsilon: float(config.rmsNormEps), stash_type: 1 } },
      );
      return withSequence(normal, width);
    };
    query = headNorm(parts[0]!, norms.query, queryWidth);
    key = headNorm(parts[1]!, norms.key, keyValueWidth);
    value = withSequence(parts[2]!, keyValueWidth);
  }
  const name = `${path}/GroupQueryAttention`;
  return builder.nodeMany(
    'GroupQueryAttention',
    [
      query,
      key,
      value,
      pastKey,
      pastValue,
      context.lastIndex,
      context.totalLength,
      context.rotary.cos,
      context.rotary.sin,
    ],
    {
      name,
      domain: MICROSOFT,
      outputs: [`${name}/output_0`, DecoderNames.presentKey(layer), DecoderNames.presentValue(layer)],
      attributes: {
        num_heads: numAttentionHeads,
        kv_num_heads: numKeyValueHeads,
        do_rotary: 1,
        rotary_interleaved: 0,
        scale: float(config.attentionScale),
        local_window_size: architecture.attentionWindow(config, layer),
        ...(config.attentionSoftcap === null ? {} : { softcap: float(config.attentionSoftcap) }),
      },
    },
  )[0]!;
}
