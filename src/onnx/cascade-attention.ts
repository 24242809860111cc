import { type GraphBuilder, MICROSOFT } from './graph-builder.js';
import type { AttributeProto, NodeProto } from './proto.js';

/** What a GroupQueryAttention node computes, read from its attributes. */
export interface AttentionSettings {
  readonly numHeads: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  readonly rotary: boolean;
  readonly interleaved: boolean;
  readonly scale: number;
  readonly softcap: number;
  /** Width of the attention window, -1 for all tokens. */
  readonly window: number;
}

export function attentionSettings(node: NodeProto, headDim: number): AttentionSettings {
  const attribute = (name: string): AttributeProto | undefined =>
    node.attribute?.find((a) => a.name === name);
  const integer = (name: string, fallback: number): number => attribute(name)?.i ?? fallback;
  const real = (name: string): number => attribute(name)?.f ?? 0;
  return {
    numHeads: integer('num_heads', 0),
    numKeyValueHeads: integer('kv_num_heads', 0),
    headDim,
    rotary: integer('do_rotary', 0) === 1,
    interleaved: integer('rotary_interleaved', 0) === 1,
    scale: real('scale') || 1 / Math.sqrt(headDim),
    softcap: real('softcap'),
    window: integer('local_window_size', -1),
  };
}

/** Values that all layers of a step share. */
export interface StepValues {
  /** int64 [B, S]. */
  readonly positions: string;
  /** int64 [5]: KV, B, group, S, -1. */
  readonly scoreShape: string;
  /** int64 [3]: KV, B x group x S, prefix. Key counts may be zero, where a -1 could not be inferred. */
  readonly prefixShape: string;
  /** int64 [5]: KV, B, group, S, D. */
  readonly outputShape: string;
  /** float [KV, B, group, S, pad]: fills the fresh keys up to the alignment. */
  readonly scorePadding: string;
  /** int64 [4]: prefix, fresh, padding, own. */
  readonly keyCounts: string;
  /** float [1, B, 1, S, keys] by window width: 0 where a query may look, else a number that vanishes in softmax. */
  mask(window: number): string;
  /** The mask of all keys but the prefix's, without a window: float [1, B, 1, S, keys]. */
  tailMask(): string;
}

export interface LayerCache {
  readonly prefixKey: string;
  readonly prefixValue: string;
  readonly ownKey: string;
  readonly ownValue: string;
  readonly freshKey: string;
  readonly freshValue: string;
}

/**
 * Attention of B rows over three kinds of keys, so that nothing long is ever copied:
 *
 *            ┌─ shared prefix  [KV, P, D]     one product for all rows
 *   query ───┼─ fresh          [KV, B, F, D]  made in this run, the loop's only growing state
 *            └─ own            [KV, B, T, D]  made in earlier runs, constant through the loop
 *          scores side by side ─ softmax ─ three products with the values, added
 *
 * Hydragen (arXiv 2402.05099) and FlashInfer's cascade split the same way; with all scores in one softmax no
 * rescaling is needed. The order prefix, fresh, own keeps every key of a row at a fixed place in the sum.
 *
 * @param query float [B, S, heads x D], or all of query, key and value in one when `key` is ''
 * @returns output float [B, S, heads x D] and the grown fresh cache
 */
export function cascadeAttention(
  builder: GraphBuilder,
  path: string,
  inputs: { query: string; key: string; value: string; cos: string; sin: string },
  settings: AttentionSettings,
  step: StepValues,
  cache: LayerCache,
): { output: string; freshKey: string; freshValue: string } {
  const { numHeads, numKeyValueHeads: kv, headDim: d, scale, softcap } = settings;
  const group = numHeads / kv;
  let { query, key, value } = inputs;
  if (key === '') {
    [query, key, value] = builder.nodeMany('Split', [query, builder.int64(numHeads * d, kv * d, kv * d)], {
      name: `${path}/SplitQkv`,
      outputs: 3,
      attributes: { axis: 2 },
    }) as [string, string, string];
  }
  const rotate = (x: string, name: string): string =>
    settings.rotary
      ? builder.node('RotaryEmbedding', [x, step.positions, inputs.cos, inputs.sin], {
          name: `${path}/${name}`,
          domain: MICROSOFT,
          attributes: { interleaved: settings.interleaved ? 1 : 0 },
        })
      : x;
  const headsFirst = (x: string): string =>
    builder.transpose(builder.reshape(x, 0, 0, kv, 1, d), 2, 0, 3, 1, 4);

  const scaled = builder.mul(rotate(query, 'RotaryQuery'), builder.float(scale));
  const queries = builder.transpose(builder.reshape(scaled, 0, 0, kv, group, d), 2, 0, 3, 1, 4);
  const queriesOfAll = builder.reshape(queries, 0, -1, d);
  const freshKey = builder.concat(3, cache.freshKey, headsFirst(rotate(key, 'RotaryKey')));
  const freshValue = builder.concat(3, cache.freshValue, headsFirst(value));

  const scores = (name: string, q: string, k: string): string =>
    builder.node('FusedMatMul', [q, k], {
      name: `${path}/Scores${name}`,
      domain: MICROSOFT,
      attributes: { transB: 1 },
    });
  const onAllPrefix = builder.node('Reshape', [
    scores('Prefix', queriesOfAll, cache.prefixKey),
    step.scoreShape,
  ]);
  const tail = [scores('Fresh', queries, freshKey), step.scorePadding, scores('Own', queries, cache.ownKey)];
  let visible: string;
  if (settings.window > 0 || softcap > 0) {
    let all = builder.concat(4, onAllPrefix, ...tail);
    if (softcap > 0) {
      const squashed = builder.node('Tanh', [builder.mul(all, builder.float(1 / softcap))]);
      all = builder.mul(squashed, builder.float(softcap));
    }
    visible = builder.add(all, step.mask(settings.window));
  } else {
    // Every query sees the whole prefix: the mask is only needed behind it.
    visible = builder.concat(4, onAllPrefix, builder.add(builder.concat(4, ...tail), step.tailMask()));
  }
  const weights = builder.node('Softmax', [visible], {
    name: `${path}/Softmax`,
    attributes: { axis: -1 },
  });
  const [onPrefix, onFresh, , onOwn] = builder.nodeMany('Split', [weights, step.keyCounts], {
    name: `${path}/SplitWeights`,
    outputs: 4,
    attributes: { axis: 4 },
  });
  const weigh = (name: string, w: string, v: string): string =>
    builder.node('MatMul', [w, v], { name: `${path}/Weigh${name}` });
  const flat = builder.node('Reshape', [onPrefix!, step.prefixShape], { attributes: { allowzero: 1 } });
  const fromPrefix = builder.node('Reshape', [weigh('Prefix', flat, cache.prefixValue), step.outputShape]);
  const sum = builder.add(
    builder.add(fromPrefix, weigh('Own', onOwn!, cache.ownValue)),
    weigh('Fresh', onFresh!, freshValue),
  );
  const output = builder.reshape(builder.transpose(sum, 1, 3, 0, 2, 4), 0, 0, numHeads * d);
  return { output, freshKey, freshValue };
}
