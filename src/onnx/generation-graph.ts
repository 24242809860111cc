import { DecoderNames } from '../checkpoint/decoder-contract.js';
import { RunScoringError } from '../foundation/errors.js';
import { cascadeBody } from './cascade-body.js';
import { type DecoderAnatomy, liveNodes, readAnatomy } from './decoder-anatomy.js';
import { GenerationNames as N } from './generation-names.js';
import { GraphBuilder } from './graph-builder.js';
import { greedyStep } from './greedy-step.js';
import { DataType, type GraphProto, type ModelProto, type NodeProto } from './proto.js';
import { rowwiseBody } from './rowwise-body.js';

/** How a decoder's own attention enters the loop's body. */
export type AttentionForm = 'cascade' | 'rowwise';

/**
 * Derives the generation graph of a decoder: the same weights, once, in the outer graph, and the decoder as the body
 * of one `Loop` that chooses tokens greedily under a grammar until all rows have ended or the steps are used up.
 *
 *   tokens ──► Loop ┌ decoder ─ last position ─ head ─ grammar ─ argmax ─┐ ──► chosen tokens, states,
 *   caches ──►      └───────────◄── token, state, fresh cache ◄──────────┘     fresh cache
 *
 * Prefill is the same graph run for one step with several tokens a row.
 */
export function deriveGenerationGraph(
  decoder: ModelProto,
  file: string,
  options: { form?: AttentionForm } = {},
): { model: ModelProto; form: AttentionForm } {
  const anatomy = readAnatomy(decoder.graph, file);
  const form = options.form ?? (anatomy.attentionNodes.length > 0 ? 'cascade' : 'rowwise');
  if (form === 'cascade' && anatomy.attentionNodes.length === 0) {
    throw new RunScoringError('MODEL_NOT_A_DECODER', 'Its attention is not in GroupQueryAttention nodes.', {
      at: { file },
    });
  }
  const outer = new GraphBuilder('generation', '/run');
  const body = new GraphBuilder('step', '/step');
  declareInputs(outer, anatomy);

  body.input('/step/iteration', DataType.int64, []);
  body.input('/step/condition', DataType.bool, []);
  const tokens = body.input(DecoderNames.inputIds, DataType.int64, ['B', 'S']);
  const firstPosition = body.input('/step/first_position', DataType.int64, ['B', 1]);
  const lastIndex = body.input('/step/last_index', DataType.int64, ['B']);
  const row = {
    state: body.input('/step/state', DataType.int32, ['B']),
    budget: body.input('/step/budget', DataType.int32, ['B']),
    broken: body.input('/step/broken', DataType.bool, ['B']),
  };
  const attention = (form === 'cascade' ? cascadeBody : rowwiseBody)({ outer, body, anatomy }, firstPosition);
  for (const value of attention.carried) body.input(value.input, DataType.float32, value.dims);

  const { nodes, logits, hidden } = lastPositionOnly(body, anatomy, attention.nodes, tokens, lastIndex);
  const setup = body.nodes.splice(0);
  body.nodes.push(...setup, ...nodes);
  const flatLogits = body.reshape(logits, -1, anatomy.vocabSize);
  const step = greedyStep(body, flatLogits, hidden, row);

  const advanced = body.add(firstPosition, body.add(body.unsqueeze(lastIndex, 1), body.int64(1)));
  const carriedOut = [
    body.rename(step.token, '/step/next_tokens'),
    body.rename(advanced, '/step/next_position'),
    body.rename(body.mul(lastIndex, body.int64(0)), '/step/next_last_index'),
    body.rename(step.state, '/step/next_state'),
    body.rename(step.budget, '/step/next_budget'),
    body.rename(step.broken, '/step/next_broken'),
  ];
  const keepRunning = body.node('Squeeze', [step.running], { outputs: ['/step/running'] });
  const chosen = body.rename(body.cast(body.reshape(step.token, -1), DataType.int32), '/step/chosen');
  const candidates = body.rename(step.candidateLogits, '/step/candidate_logits');

  const live = liveNodes(body.nodes, [
    keepRunning,
    ...carriedOut,
    ...attention.carried.map((v) => v.output),
    chosen,
    candidates,
  ]);
  assertClosed(live, body, outer, decoder.graph, file);
  body.output(keepRunning, DataType.bool, []);
  const carriedTypes = [
    DataType.int64,
    DataType.int64,
    DataType.int64,
    DataType.int32,
    DataType.int32,
    DataType.bool,
  ];
  carriedOut.forEach((name, i) => {
    body.output(name, carriedTypes[i]!, i < 2 ? ['B', 1] : ['B']);
  });
  for (const value of attention.carried) body.output(value.output, DataType.float32, value.dims);
  body.output(chosen, DataType.int32, ['B']);
  body.output(candidates, DataType.float32, ['B', 'C']);

  const always = outer.cast(outer.int64Scalar(1), DataType.bool);
  const notBroken = outer.cast(outer.mul(N.state, outer.int32(0)), DataType.bool);
  const results = outer.nodeMany(
    'Loop',
    [
      N.steps,
      always,
      N.tokens,
      N.firstPosition,
      N.lastIndex,
      N.state,
      N.budget,
      notBroken,
      ...attention.carried.map((value) => value.initial),
    ],
    {
      name: '/Loop',
      outputs: 6 + attention.carried.length + 2,
      attributes: { body: { graph: { ...body.graph(), node: live, initializer: [] } } },
    },
  );
  outer.rename(results[3]!, N.finalState);
  outer.output(N.finalState, DataType.int32, ['B']);
  outer.rename(results[4]!, N.finalBudget);
  outer.output(N.finalBudget, DataType.int32, ['B']);
  outer.rename(results[5]!, N.broken);
  outer.output(N.broken, DataType.bool, ['B']);
  outer.rename(results.at(-2)!, N.chosen);
  outer.output(N.chosen, DataType.int32, ['steps', 'B']);
  outer.rename(results.at(-1)!, N.candidateLogits);
  outer.output(N.candidateLogits, DataType.float32, ['steps', 'B', 'C']);
  attention.finish(outer, results.slice(6, -2));

  const weights = decoder.graph.initializer ?? [];
  // Constants of the body stand in the outer graph like the weights: ONNX Runtime cannot save an optimised graph otherwise.
  const graph: GraphProto = {
    ...outer.graph(),
    initializer: [...outer.initializers, ...body.initializers, ...weights],
  };
  return { model: { ...decoder, producerName: 'wfa-profile-analyzer', graph }, form };
}

function declareInputs(outer: GraphBuilder, anatomy: DecoderAnatomy): void {
  const { numLayers, numKeyValueHeads: kv, headDim } = anatomy;
  outer.input(N.steps, DataType.int64, []);
  outer.input(N.tokens, DataType.int64, ['B', 'S']);
  outer.input(N.firstPosition, DataType.int64, ['B', 1]);
  outer.input(N.lastIndex, DataType.int64, ['B']);
  outer.input(N.prefixLength, DataType.int64, [1]);
  outer.input(N.ownLength, DataType.int64, ['B']);
  outer.input(N.state, DataType.int32, ['B']);
  outer.input(N.budget, DataType.int32, ['B']);
  outer.input(N.nextState, DataType.int32, ['states', 'classes']);
  outer.input(N.classOfToken, DataType.int32, ['V']);
  outer.input(N.allowedTokens, DataType.int32, ['states', 'A']);
  outer.input(N.maskOfState, DataType.int32, ['states']);
  outer.input(N.masks, DataType.bool, ['masks', 'V']);
  for (const table of [N.budgetOfState, N.budgetStart, N.drainState])
    outer.input(table, DataType.int32, ['states']);
  outer.input(N.endState, DataType.int32, [1]);
  outer.input(N.candidates, DataType.int32, ['C']);
  for (let layer = 0; layer < numLayers; layer++) {
    outer.input(N.prefixKey(layer), DataType.float32, [kv, 'P', headDim]);
    outer.input(N.prefixValue(layer), DataType.float32, [kv, 'P', headDim]);
    outer.input(N.ownKey(layer), DataType.float32, [kv, 'B', 1, 'T', headDim]);
    outer.input(N.ownValue(layer), DataType.float32, [kv, 'B', 1, 'T', headDim]);
  }
}

/** Sends only each row's last real position through the head: a prefill needs no other logits. */
function lastPositionOnly(
  body: GraphBuilder,
  anatomy: DecoderAnatomy,
  decoderNodes: readonly NodeProto[],
  tokens: string,
  lastIndex: string,
): { nodes: NodeProto[]; logits: string; hidden: string } {
  const helper = new GraphBuilder('last', '/step/last');
  const sequence = helper.extent(tokens, 1);
  const batch = helper.node('Squeeze', [helper.extent(tokens, 0), helper.int64(0)]);
  const rows = helper.node('Range', [helper.int64Scalar(0), batch, helper.int64Scalar(1)]);
  const flatIndex = helper.add(helper.mul(rows, sequence), lastIndex);
  const takeRows = (x: string, width: string): string =>
    helper.node(
      'Gather',
      [helper.node('Reshape', [x, helper.concat(0, helper.int64(-1), width)]), flatIndex],
      {
        attributes: { axis: 0 },
      },
    );
  body.initializers.push(...helper.initializers);

  const { head } = anatomy;
  if (head === null) {
    const all = takeRows(DecoderNames.logits, helper.int64(anatomy.vocabSize));
    return { nodes: [...decoderNodes, ...helper.nodes], logits: all, hidden: all };
  }
  const width = helper.node('Shape', [head.hidden], { attributes: { start: -1 } });
  const taken = takeRows(head.hidden, width);
  const lastHidden = head.flat ? taken : helper.unsqueeze(taken, 1);
  for (const initializer of helper.initializers) {
    if (!body.initializers.includes(initializer)) body.initializers.push(initializer);
  }
  // Everything that leads from the hidden states to the logits reads the last position's instead.
  const headNodes = new Set(
    liveNodes(cutAt(decoderNodes, head.hidden), [head.logits]).filter((node) =>
      dependsOn(decoderNodes, node, head.hidden),
    ),
  );
  const trunk = decoderNodes.filter((node) => !headNodes.has(node));
  const redirected = [...headNodes].map((node) => ({
    ...node,
    input: node.input.map((input) => (input === head.hidden ? lastHidden : input)),
  }));
  return { nodes: [...trunk, ...helper.nodes, ...redirected], logits: head.logits, hidden: lastHidden };
}

function cutAt(nodes: readonly NodeProto[], value: string): NodeProto[] {
  return nodes.filter((node) => !node.output.includes(value));
}

function dependsOn(nodes: readonly NodeProto[], node: NodeProto, value: string): boolean {
  const producers = new Map(nodes.flatMap((n) => n.output.map((output) => [output, n] as const)));
  const pending = [node];
  const seen = new Set<NodeProto>();
  while (pending.length > 0) {
    const current = pending.pop()!;
    if (seen.has(current)) continue;
    seen.add(current);
    for (const input of current.input) {
      if (input === value) return true;
      const producer = producers.get(input);
      // Nodes before the hidden states can only be reached through it.
      if (producer !== undefined && !producer.output.includes(value)) pending.push(producer);
    }
  }
  return false;
}

/** Every value a body node reads must be made in the body, be a weight or come from the outer graph. */
function assertClosed(
  live: readonly NodeProto[],
  body: GraphBuilder,
  outer: GraphBuilder,
  decoder: GraphProto,
  file: string,
): void {
  const known = new Set<string>(['']);
  for (const input of [...body.inputs, ...outer.inputs]) known.add(input.name);
  for (const t of [...body.initializers, ...outer.initializers, ...(decoder.initializer ?? [])])
    known.add(t.name ?? '');
  for (const node of [...outer.nodes, ...live]) for (const output of node.output) known.add(output);
  for (const node of live) {
    const missing = node.input.find((input) => !known.has(input));
    if (missing !== undefined) {
      throw new RunScoringError(
        'MODEL_UNSUPPORTED_EXPORT',
        `Its node ${node.name ?? node.opType} needs "${missing}".`,
        {
          at: { file },
          hint: 'Only decoders with the usual inputs can be run.',
        },
      );
    }
  }
}
