import { DecoderNames } from '../checkpoint/decoder-contract.js';
import { RunScoringError } from '../foundation/errors.js';
import type { GraphProto, NodeProto } from './proto.js';

/** Producer of each value and the means to walk a graph backwards. */
export class GraphIndex {
  readonly producer = new Map<string, NodeProto>();
  readonly initializers: ReadonlySet<string>;

  constructor(readonly graph: GraphProto) {
    for (const node of graph.node) {
      for (const output of node.output) if (output !== '') this.producer.set(output, node);
    }
    this.initializers = new Set((graph.initializer ?? []).map((t) => t.name ?? ''));
  }
}

/** Nodes among `nodes` that `wanted` values depend on, in their order. */
export function liveNodes(nodes: readonly NodeProto[], wanted: readonly string[]): NodeProto[] {
  const needed = new Set(wanted);
  const live: NodeProto[] = [];
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    if (!node.output.some((output) => needed.has(output))) continue;
    live.push(node);
    for (const input of node.input) needed.add(input);
    for (const attribute of node.attribute ?? []) {
      for (const inner of attribute.g?.node ?? []) for (const input of inner.input) needed.add(input);
    }
  }
  return live.reverse();
}

/** A decoder as its file describes it. */
export interface DecoderAnatomy {
  readonly numLayers: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  readonly vocabSize: number;
  readonly index: GraphIndex;
  /** One per layer, in layer order; empty when the export wrote attention out in plain nodes. */
  readonly attentionNodes: readonly NodeProto[];
  /** Where the head begins, so that only each row's last position goes through it; null when it was not found. */
  readonly head: { readonly hidden: string; readonly logits: string; readonly flat: boolean } | null;
}

const MATRIX_PRODUCTS = new Set([
  'MatMul',
  'Gemm',
  'FusedMatMul',
  'MatMulNBits',
  'MatMulIntegerToFloat',
  'MatMulInteger',
]);
const NORMS = new Set([
  'SimplifiedLayerNormalization',
  'SkipSimplifiedLayerNormalization',
  'LayerNormalization',
  'SkipLayerNormalization',
  'RMSNormalization',
]);

/** @throws RunScoringError MODEL_NOT_A_DECODER when the inputs or outputs are not a decoder's. */
export function readAnatomy(graph: GraphProto, file: string): DecoderAnatomy {
  const fail = (what: string): never => {
    throw new RunScoringError(
      'MODEL_NOT_A_DECODER',
      `This ONNX file is not a decoder with a key-value cache: ${what}.`,
      {
        at: { file },
      },
    );
  };
  const inputs = new Map((graph.input ?? []).map((input) => [input.name, input]));
  const outputs = new Map((graph.output ?? []).map((output) => [output.name, output]));
  if (!inputs.has(DecoderNames.inputIds)) fail(`no input ${DecoderNames.inputIds}`);
  let numLayers = 0;
  while (inputs.has(DecoderNames.pastKey(numLayers))) numLayers++;
  if (numLayers === 0) fail(`no input ${DecoderNames.pastKey(0)}`);
  const dims = (
    value: { type?: { tensorType?: { shape?: { dim?: { dimValue?: number }[] } } } } | undefined,
  ) => value?.type?.tensorType?.shape?.dim?.map((dim) => dim.dimValue ?? 0) ?? [];
  const cache = dims(inputs.get(DecoderNames.pastKey(0)));
  const vocabSize = dims(outputs.get(DecoderNames.logits))[2] ?? 0;
  if (!outputs.has(DecoderNames.logits)) fail(`no output ${DecoderNames.logits}`);
  if (!cache[1] || !cache[3] || vocabSize === 0) fail('its cache or vocabulary has no fixed size');

  const index = new GraphIndex(graph);
  const attentionNodes = Array.from({ length: numLayers }, (_, layer) =>
    graph.node.find(
      (node) => node.opType === 'GroupQueryAttention' && node.input[3] === DecoderNames.pastKey(layer),
    ),
  );
  const replaceable = attentionNodes.every((node): node is NodeProto => node !== undefined);
  return {
    numLayers,
    numKeyValueHeads: cache[1]!,
    headDim: cache[3]!,
    vocabSize,
    index,
    attentionNodes: replaceable ? (attentionNodes as NodeProto[]) : [],
    head: findHead(index),
  };
}

/**
 * Walks back from the logits, through the head's product and whatever quantises its input, to the final norm.
 * `flat` tells that hidden states are [tokens, hidden], as this project's builder writes them, not [batch, sequence, hidden].
 */
function findHead(index: GraphIndex): DecoderAnatomy['head'] {
  let value: string = DecoderNames.logits;
  let logits = value;
  const last = index.producer.get(value);
  const flat = last?.opType === 'Reshape';
  if (flat) logits = value = last!.input[0]!;
  let passedProduct = false;
  for (let hops = 0; hops < 24; hops++) {
    const node = index.producer.get(value);
    if (node === undefined) return null;
    if (NORMS.has(node.opType)) return passedProduct ? { hidden: value, logits, flat } : null;
    if (MATRIX_PRODUCTS.has(node.opType)) {
      if (passedProduct) return null;
      passedProduct = true;
    }
    const next = node.input.find(
      (input) => input !== '' && !index.initializers.has(input) && index.producer.has(input),
    );
    if (next === undefined) return null;
    value = next;
  }
  return null;
}
