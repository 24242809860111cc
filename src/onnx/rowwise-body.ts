import { DecoderNames } from '../checkpoint/decoder-contract.js';
import type { BodyAttention, BodyContext } from './body-attention.js';
import { GenerationNames as N } from './generation-names.js';
import { DataType } from './proto.js';

/**
 * Keeps a decoder's attention as the export wrote it: its cache is the loop's state, the shared prefix copied into
 * every row. Holes between a row's caches are hidden by the attention mask and never counted in positions.
 */
export function rowwiseBody({ outer, body, anatomy }: BodyContext, firstPosition: string): BodyAttention {
  const { numLayers, numKeyValueHeads: kv, headDim } = anatomy;
  const batch = outer.extent(N.tokens, 0);
  const prefixCount = outer.extent(N.prefixKey(0), 1);
  const ownCount = outer.extent(N.ownKey(0), 3);
  const range = (count: string): string =>
    outer.node('Range', [
      outer.int64Scalar(0),
      outer.node('Squeeze', [count, outer.int64(0)]),
      outer.int64Scalar(1),
    ]);
  const prefixValid = outer.cast(outer.node('Less', [range(prefixCount), N.prefixLength]), DataType.int64);
  const prefixMask = outer.node('Expand', [
    outer.unsqueeze(prefixValid, 0),
    outer.concat(0, batch, prefixCount),
  ]);
  const ownMask = outer.cast(
    outer.node('Less', [outer.unsqueeze(range(ownCount), 0), outer.unsqueeze(N.ownLength, 1)]),
    DataType.int64,
  );
  const pastMask = outer.concat(1, prefixMask, ownMask);

  const past = (prefix: string, own: string): string => {
    const shape = outer.concat(0, batch, outer.int64(kv), prefixCount, outer.int64(headDim));
    const copies = outer.node('Expand', [outer.unsqueeze(prefix, 0), shape]);
    const byRow = outer.transpose(outer.node('Squeeze', [own, outer.int64(2)]), 1, 0, 2, 3);
    return outer.concat(2, copies, byRow);
  };
  const dims = ['B', kv, 'L', headDim];
  const carried = Array.from({ length: numLayers }, (_, layer) => [
    {
      initial: past(N.prefixKey(layer), N.ownKey(layer)),
      input: DecoderNames.pastKey(layer),
      output: DecoderNames.presentKey(layer),
      dims,
    },
    {
      initial: past(N.prefixValue(layer), N.ownValue(layer)),
      input: DecoderNames.pastValue(layer),
      output: DecoderNames.presentValue(layer),
      dims,
    },
  ]).flat();

  const sequence = body.extent(DecoderNames.inputIds, 1);
  const bodyRange = body.node('Range', [
    body.int64Scalar(0),
    body.node('Squeeze', [sequence, body.int64(0)]),
    body.int64Scalar(1),
  ]);
  body.rename(body.add(firstPosition, body.unsqueeze(bodyRange, 0)), DecoderNames.positionIds);
  const earlier = body.node('Sub', [body.extent(DecoderNames.pastKey(0), 2), body.extent(pastMask, 1)]);
  const fresh = body.node('ConstantOfShape', [
    body.concat(0, body.extent(DecoderNames.inputIds, 0), body.add(earlier, sequence)),
  ]);
  const ones = body.add(body.cast(fresh, DataType.int64), body.int64(1));
  body.node('Concat', [pastMask, ones], { outputs: [DecoderNames.attentionMask], attributes: { axis: 1 } });
  const nodes = [...body.nodes.splice(0), ...anatomy.index.graph.node];

  return {
    carried,
    nodes,
    finish(graph, finalValues) {
      const start = graph.add(prefixCount, ownCount);
      finalValues.forEach((value, i) => {
        const layer = Math.floor(i / 2);
        const name = i % 2 === 0 ? N.freshKey(layer) : N.freshValue(layer);
        const added = graph.node('Slice', [value, start, graph.int64(2 ** 40), graph.int64(2)]);
        graph.rename(graph.unsqueeze(graph.transpose(added, 1, 0, 2, 3), 2), name);
        graph.output(name, DataType.float32, [kv, 'B', 1, 'F', headDim]);
      });
    },
  };
}
