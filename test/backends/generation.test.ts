import * as runtime from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { OnnxModelRunner } from '../../src/backends/onnx-model-runner.js';
import type { Completion, GenerationRequest } from '../../src/engine/completion.js';
import { Engine, type EngineOptions } from '../../src/engine/engine.js';
import { compileGrammar } from '../../src/grammar/compile-grammar.js';
import { GrammarWalker } from '../../src/grammar/grammar-walker.js';
import { decidedLabel, labelProbabilities } from '../../src/grammar/label-confidence.js';
import type { OutputField } from '../../src/grammar/output-field.js';
import { llama } from '../../src/onnx/architectures/llama.js';
import { buildDecoder } from '../../src/onnx/decoder.js';
import { deriveGenerationGraph } from '../../src/onnx/generation-graph.js';
import { modelBytes } from '../../src/onnx/model-file.js';
import { decodeModel, encodeModel } from '../../src/onnx/proto.js';
import { randomWeights } from '../../src/onnx/random-weights.js';
import { byteVocabulary, END_TOKEN, tinyConfig } from '../engine/tiny-models.js';

const fields: OutputField[] = [
  { name: 'flag', type: 'enum', values: ['good', 'bad'] },
  { name: 'reasoning', type: 'string', max_tokens: 12 },
  { name: 'tags', type: 'string_list', values: ['a1', 'b2', 'c3'] },
  { name: 'recommendation', type: 'string', max_tokens: 8 },
];
const tables = compileGrammar(fields, byteVocabulary);
const shape = { numLayers: 2, numKeyValueHeads: 2, headDim: 16 };
const prefix = Int32Array.from({ length: 37 }, (_, i) => (i * 7) % 256);

/** Prompts of very different length, some longer than one prefill piece, one that does not share the prefix. */
function prompts(count: number): Int32Array[] {
  return Array.from({ length: count }, (_, row) => {
    const length = row === 3 ? 700 : row === 5 ? 512 : 2 + ((row * 13) % 60);
    const own = Int32Array.from({ length }, (_, i) => (row * 31 + i * 17) % 256);
    return row === 7 ? own : Int32Array.from([...prefix, ...own]);
  });
}

async function* requests(all: readonly Int32Array[]): AsyncGenerator<GenerationRequest> {
  for (const [id, tokens] of all.entries()) yield { id, tokens };
}

async function complete(
  model: Uint8Array,
  all: readonly Int32Array[],
  options: Partial<EngineOptions> = {},
): Promise<Completion[]> {
  const session = await runtime.InferenceSession.create(model, { logSeverityLevel: 3, intraOpNumThreads: 2 });
  const runner = new OnnxModelRunner(runtime, session, shape, tables);
  const engine = new Engine(runner, { tables, eosIds: [END_TOKEN], maxNewTokens: 200, slots: 8, ...options });
  await engine.setPrefix(prefix);
  const out: Completion[] = [];
  for await (const completion of engine.generate(requests(all))) out.push(completion!);
  await runner.dispose();
  return out;
}

const text = (tokens: readonly number[]): string =>
  tables.forcedOpening +
  Buffer.concat(tokens.map((token) => byteVocabulary.tokens[token] ?? new Uint8Array())).toString('utf8');

describe.each(['none', '8bit', '4bit'] as const)('generation on a random model, %s', (quantization) => {
  let decoder: Uint8Array;
  let generation: Uint8Array;
  beforeAll(async () => {
    decoder = await modelBytes(buildDecoder(tinyConfig, llama, randomWeights(5, 0.25), quantization));
    generation = encodeModel(deriveGenerationGraph(decodeModel(decoder), 'tiny').model);
  });

  it('gives every row valid JSON with the fields in order', async () => {
    const completions = await complete(generation, prompts(20));
    for (const [row, completion] of completions.entries()) {
      expect(completion.id).toBe(row);
      expect(completion.finishReason).toBe('stop');
      const value = JSON.parse(text(completion.tokens)) as Record<string, unknown>;
      expect(Object.keys(value)).toEqual(fields.map((field) => field.name));
      expect(['good', 'bad']).toContain(value['flag']);
      const tags = value['tags'] as string[];
      expect(new Set(tags).size).toBe(tags.length);
      expect(completion.confidence).toBeGreaterThan(0);
      expect(completion.confidence).toBeLessThanOrEqual(1);
    }
  });

  it('gives a row the same tokens and confidence whatever its neighbours and the batch size', async () => {
    const all = prompts(20);
    const reference = await complete(generation, all, { slots: 1 });
    for (const slots of [3, 32]) {
      expect(await complete(generation, all, { slots })).toEqual(reference);
    }
    const alone = await complete(generation, [all[11]!]);
    expect({ ...alone[0]!, id: 11 }).toEqual(reference[11]);
  });

  it('chooses what the plain decoder chooses, step by step, and is as confident', async () => {
    const all = prompts(9);
    const completions = await complete(generation, all);
    const session = await runtime.InferenceSession.create(decoder, { logSeverityLevel: 3 });
    const tolerance = quantization === 'none' ? 1e-4 : 1e-3;
    for (const row of [0, 1, 3, 7, 8]) {
      const walker = new GrammarWalker(tables, byteVocabulary);
      const tokens = [...all[row]!];
      const { tokens: chosen, confidence } = completions[row]!;
      for (const [step, token] of chosen.entries()) {
        if (step > 20) break;
        const logits = await lastLogits(session, tokens);
        let best = -1;
        for (let id = 0; id < logits.length; id++) {
          if (walker.allows(id) && (best < 0 || logits[id]! > logits[best]!)) best = id;
        }
        // Two paths of arithmetic: a tie within rounding may fall either way.
        expect(logits[best]! - logits[token]!).toBeLessThan(tolerance * 10);
        if (step === 0) {
          const decision = tables.decision!;
          const candidates = Float64Array.from(decision.candidateTokens, (id) => logits[id]!);
          const label = decidedLabel(decision, tables.initialState, token);
          const expected = labelProbabilities(decision, tables.initialState, candidates)![label]!;
          expect(Math.abs(confidence! - expected)).toBeLessThan(tolerance);
        }
        walker.step(token);
        tokens.push(token);
      }
    }
    await session.release();
  });
});

it('marks rows whose numbers are not finite, and no others', async () => {
  const decoder = await modelBytes(buildDecoder(tinyConfig, llama, randomWeights(5, 0.25), '8bit'));
  const poisoned = decodeModel(decoder);
  const scale = poisoned.graph.initializer!.find((tensor) => tensor.name === 'embedding.scale')!;
  const bytes = Uint8Array.from(scale.rawData!);
  // Token 200's embedding becomes NaN; it is also a column of the head, which is why the head must not choose it.
  new DataView(bytes.buffer).setFloat32(200 * 4, Number.NaN, true);
  const untouched = encodeModel(deriveGenerationGraph(decodeModel(decoder), 'tiny').model);
  scale.rawData = bytes;
  const generation = encodeModel(deriveGenerationGraph(poisoned, 'tiny').model);
  const all = [Int32Array.of(...prefix, 1, 2, 3), Int32Array.of(...prefix, 1, 200, 3)];
  expect((await complete(untouched, all)).map((c) => c.finishReason)).toEqual(['stop', 'stop']);
  const reasons = (await complete(generation, all)).map((completion) => completion.finishReason);
  // A NaN in the tied head spoils every row's logits: both are refused rather than one guessed.
  expect(reasons).toEqual(['non_finite', 'non_finite']);
});

async function lastLogits(
  session: runtime.InferenceSession,
  tokens: readonly number[],
): Promise<Float32Array> {
  const feeds: Record<string, runtime.Tensor> = {
    input_ids: new runtime.Tensor('int64', BigInt64Array.from(tokens, BigInt), [1, tokens.length]),
    attention_mask: new runtime.Tensor('int64', new BigInt64Array(tokens.length).fill(1n), [
      1,
      tokens.length,
    ]),
  };
  for (let layer = 0; layer < shape.numLayers; layer++) {
    for (const part of ['key', 'value']) {
      feeds[`past_key_values.${layer}.${part}`] = new runtime.Tensor(
        'float32',
        new Float32Array(0),
        [1, 2, 0, 16],
      );
    }
  }
  const logits = (await session.run(feeds))['logits']!.data as Float32Array;
  return logits.slice(-tinyConfig.vocabSize);
}
