import { DecoderNames } from '../checkpoint/decoder-contract.js';
import type { BodyAttention, BodyContext } from './body-attention.js';
import { attentionSettings, cascadeAttention } from './cascade-attention.js';
import { GenerationNames as N } from './generation-names.js';
import { DataType, type NodeProto } from './proto.js';
import { constantKeyPositions, stepValues } from './step-values.js';

/** Replaces every GroupQueryAttention node of a decoder by {@link cascadeAttention}. */
export function cascadeBody({ outer, body, anatomy }: BodyContext, firstPosition: string): BodyAttention {
  const { numKeyValueHeads: kv, headDim, attentionNodes } = anatomy;
  const constant = constantKeyPositions(outer, N.prefixKey(0), N.ownKey(0));
  const empty = outer.node('ConstantOfShape', [
    outer.concat(0, outer.int64(kv), outer.extent(N.tokens, 0), outer.int64(1, 0, headDim)),
  ]);
  const runStart = outer.add(outer.unsqueeze(N.ownLength, 1), N.prefixLength);
  const settings = attentionNodes.map((node) => attentionSettings(node, headDim));
  const carriedNames = attentionNodes.flatMap((_, layer) => [
    { input: `/step/fresh_key.${layer}`, final: N.freshKey(layer) },
    { input: `/step/fresh_value.${layer}`, final: N.freshValue(layer) },
  ]);
  const step = stepValues(
    body,
    {
      tokens: DecoderNames.inputIds,
      firstPosition,
      freshBefore: '/step/fresh_key.0',
      runStart,
      prefixPositions: constant.prefix,
      ownPositions: constant.own,
    },
    { keyValue: kv, group: settings[0]!.numHeads / kv, headDim },
  );
  // Masks are made before the first layer, once for each width of window.
  for (const { window, softcap } of settings) {
    if (window > 0 || softcap > 0) step.mask(window);
    else step.tailMask();
  }
  body.rename(step.positions, DecoderNames.positionIds);
  const shared = body.nodes.splice(0);

  const outputs: string[] = [];
  const nodes: NodeProto[] = [...shared];
  for (const node of anatomy.index.graph.node) {
    const layer = attentionNodes.indexOf(node);
    if (layer < 0) {
      nodes.push(node);
      continue;
    }
    const [query, key, value, , , , , cos, sin] = node.input;
    const made = cascadeAttention(
      body,
      `/layers.${layer}/cascade`,
      { query: query!, key: key ?? '', value: value ?? '', cos: cos ?? '', sin: sin ?? '' },
      settings[layer]!,
      step,
      {
        prefixKey: N.prefixKey(layer),
        prefixValue: N.prefixValue(layer),
        ownKey: N.ownKey(layer),
        ownValue: N.ownValue(layer),
        freshKey: `/step/fresh_key.${layer}`,
        freshValue: `/step/fresh_value.${layer}`,
      },
    );
    body.rename(made.output, node.output[0]!);
    outputs.push(made.freshKey, made.freshValue);
    nodes.push(...body.nodes.splice(0));
  }
  return {
    carried: carriedNames.map(({ input }, i) => ({
      initial: empty,
      input,
      output: outputs[i]!,
      dims: [kv, 'B', 1, 'F', headDim],
    })),
    nodes,
    finish(graph, finalValues) {
      carriedNames.forEach(({ final }, i) => {
        graph.rename(finalValues[i]!, final);
        graph.output(final, DataType.float32, [kv, 'B', 1, 'F', headDim]);
      });
    },
  };
}
