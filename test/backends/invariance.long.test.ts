import { createHash } from 'node:crypto';
import * as runtime from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { OnnxModelRunner } from '../../src/backends/onnx-model-runner.js';
import type { Completion, GenerationRequest } from '../../src/engine/completion.js';
import { Engine } from '../../src/engine/engine.js';
import { compileGrammar } from '../../src/grammar/compile-grammar.js';
import { llama } from '../../src/onnx/architectures/llama.js';
import { buildDecoder } from '../../src/onnx/decoder.js';
import { deriveGenerationGraph } from '../../src/onnx/generation-graph.js';
import { modelBytes } from '../../src/onnx/model-file.js';
import { decodeModel, encodeModel } from '../../src/onnx/proto.js';
import { randomWeights } from '../../src/onnx/random-weights.js';
import { byteVocabulary, END_TOKEN, tinyConfig } from '../engine/tiny-models.js';

const ROWS = 10_000;
const tables = compileGrammar(
  [
    { name: 'flag', type: 'enum', values: ['good', 'bad'] },
    { name: 'reasoning', type: 'string', max_tokens: 12 },
    { name: 'tags', type: 'string_list', values: ['a1', 'b2', 'c3'] },
  ],
  byteVocabulary,
);
const prefix = Int32Array.from({ length: 40 }, (_, i) => (i * 11) % 256);

async function* requests(): AsyncGenerator<GenerationRequest> {
  for (let id = 0; id < ROWS; id++) {
    const length = 1 + ((id * 2654435761) % 60);
    const own = Array.from({ length }, (_, i) => (id * 31 + i * (17 + (id % 5))) % 256);
    yield { id, tokens: Int32Array.from([...prefix, ...own]) };
  }
}

async function* complete(generation: Uint8Array, slots: number): AsyncGenerator<Completion> {
  const session = await runtime.InferenceSession.create(generation, {
    logSeverityLevel: 3,
    intraOpNumThreads: 2,
  });
  const shape = { numLayers: 2, numKeyValueHeads: 2, headDim: 16 };
  const runner = new OnnxModelRunner(runtime, session, shape, tables);
  const engine = new Engine(runner, { tables, eosIds: [END_TOKEN], maxNewTokens: 200, slots });
  await engine.setPrefix(prefix);
  let rows = 0;
  for await (const completion of engine.generate(requests())) {
    yield completion!;
    rows += 1;
  }
  await runner.dispose();
  expect(rows).toBe(ROWS);
}

/** One hash over all answers, confidences to the last bit included. */
async function answers(generation: Uint8Array, slots: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const completion of complete(generation, slots)) hash.update(JSON.stringify(completion));
  return hash.digest('hex');
}

async function randomModel(quantization: 'none' | '8bit' | '4bit'): Promise<Uint8Array> {
  const decoder = await modelBytes(buildDecoder(tinyConfig, llama, randomWeights(9, 0.25), quantization));
  return encodeModel(deriveGenerationGraph(decodeModel(decoder), 'tiny').model);
}

it.each(['none', '8bit', '4bit'] as const)(
  'ten thousand rows of random weights, %s: valid JSON with the fields in order in each',
  async (quantization) => {
    for await (const { id, tokens, finishReason } of complete(await randomModel(quantization), 32)) {
      const written = Buffer.concat(tokens.map((token) => byteVocabulary.tokens[token] ?? new Uint8Array()));
      const value = JSON.parse(tables.forcedOpening + written.toString('utf8')) as Record<string, unknown>;
      const sound =
        finishReason === 'stop' &&
        Object.keys(value).join() === 'flag,reasoning,tags' &&
        ['good', 'bad'].includes(value['flag'] as string);
      expect(sound, `row ${id}`).toBe(true);
    }
  },
);

it.each(['none', '8bit', '4bit'] as const)(
  'ten thousand rows, %s: the same answers at batch 1, 5, 16 and 32',
  async (quantization) => {
    const generation = await randomModel(quantization);
    const reference = await answers(generation, 32);
    for (const slots of [16, 5, 1]) expect(await answers(generation, slots)).toBe(reference);
  },
);
