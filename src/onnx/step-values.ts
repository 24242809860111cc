import type { StepValues } from './cascade-attention.js';
import { KEY_ALIGNMENT, GenerationNames as N } from './generation-names.js';
import { type GraphBuilder, tensor } from './graph-builder.js';
import { DataType } from './proto.js';

/** A position no query reaches: marks keys that do not exist. */
const NOWHERE = 2 ** 40;
/** Added to a score it leaves exactly zero after softmax, and unlike -Infinity it never makes a NaN. */
const HIDDEN = -1e30;

/** Positions of the keys that stay the same through a run; they live in the outer graph. */
export function constantKeyPositions(
  outer: GraphBuilder,
  prefixKey: string,
  ownKey: string,
): {
  prefix: string;
  own: string;
} {
  const range = (count: string): string =>
    outer.node('Range', [
      outer.int64Scalar(0),
      outer.node('Squeeze', [count, outer.int64(0)]),
      outer.int64Scalar(1),
    ]);
  const nowhere = outer.int64(NOWHERE);
  const prefix = range(outer.extent(prefixKey, 1));
  const batch = outer.extent(N.tokens, 0);
  const prefixRows = outer.node('Expand', [
    outer.unsqueeze(prefix, 0),
    outer.concat(0, batch, outer.extent(prefixKey, 1)),
  ]);
  const ownIndex = outer.unsqueeze(range(outer.extent(ownKey, 3)), 0);
  const own = outer.node('Where', [
    outer.node('Less', [ownIndex, outer.unsqueeze(N.ownLength, 1)]),
    outer.add(ownIndex, N.prefixLength),
    nowhere,
  ]);
  return { prefix: prefixRows, own };
}

/**
 * What all layers of a step share: positions, shapes and masks. Query positions are [B, S], key positions [B, keys];
 * a query sees a key that is neither later than itself nor outside the layer's window.
 */
export function stepValues(
  body: GraphBuilder,
  names: {
    tokens: string;
    firstPosition: string;
    freshBefore: string;
    runStart: string;
    prefixPositions: string;
    ownPositions: string;
  },
  heads: { keyValue: number; group: number; headDim: number },
): StepValues {
  const sequence = body.extent(names.tokens, 1);
  const batch = body.extent(names.tokens, 0);
  const scalar = (x: string): string => body.node('Squeeze', [x, body.int64(0)]);
  const range = (count: string): string =>
    body.node('Range', [body.int64Scalar(0), scalar(count), body.int64Scalar(1)]);

  const positions = body.add(names.firstPosition, body.unsqueeze(range(sequence), 0));
  const fresh = body.add(body.extent(names.freshBefore, 3), sequence);
  const align = body.int64(KEY_ALIGNMENT);
  const prefixAndFresh = body.add(body.extent(names.prefixPositions, 1), fresh);
  const padding = body.node('Mod', [
    body.node('Sub', [align, body.node('Mod', [prefixAndFresh, align])]),
    align,
  ]);
  const freshPositions = body.add(names.runStart, body.unsqueeze(range(fresh), 0));
  const nowhere = (count: string): string =>
    body.node('ConstantOfShape', [body.concat(0, batch, count)], {
      attributes: { value: int64Fill(NOWHERE) },
    });
  const tailPositions = body.concat(1, freshPositions, nowhere(padding), names.ownPositions);
  const queries = body.unsqueeze(positions, 0, 2, 4);
  /** 0 where a query sees a key, for key positions [B, keys]. */
  const maskOf = (keyPositions: string, window: number): string => {
    const keys = body.unsqueeze(keyPositions, 0, 2, 3);
    let visible = body.node('LessOrEqual', [keys, queries]);
    if (window > 0) {
      const horizon = body.node('Sub', [queries, body.int64(window)]);
      visible = body.node('And', [visible, body.node('Greater', [keys, horizon])]);
    }
    return body.node('Where', [visible, body.float(0), body.float(HIDDEN)]);
  };

  const leading = body.concat(0, body.int64(heads.keyValue), batch, body.int64(heads.group), sequence);
  const masks = new Map<number, string>();
  let tail: string | null = null;
  return {
    positions,
    scoreShape: body.concat(0, leading, body.int64(-1)),
    prefixShape: body.concat(
      0,
      body.int64(heads.keyValue),
      body.mul(body.mul(batch, body.int64(heads.group)), sequence),
      body.extent(names.prefixPositions, 1),
    ),
    outputShape: body.concat(0, leading, body.int64(heads.headDim)),
    scorePadding: body.node('ConstantOfShape', [body.concat(0, leading, padding)], {
      attributes: { value: tensor('', DataType.float32, [1], new Uint8Array(4)) },
    }),
    keyCounts: body.concat(
      0,
      body.extent(names.prefixPositions, 1),
      fresh,
      padding,
      body.extent(names.ownPositions, 1),
    ),
    mask(window) {
      let mask = masks.get(window);
      if (mask === undefined) {
        mask = maskOf(body.concat(1, names.prefixPositions, tailPositions), window);
        masks.set(window, mask);
      }
      return mask;
    },
    tailMask() {
      tail ??= maskOf(tailPositions, -1);
      return tail;
    },
  };
}

function int64Fill(value: number): ReturnType<typeof tensor> {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
  return tensor('', DataType.int64, [1], bytes);
}
