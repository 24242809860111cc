import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as runtime from 'onnxruntime-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OnnxModelRunner } from '../../src/backends/onnx-model-runner.js';
import { openSession } from '../../src/backends/open-session.js';
import { packedGraphFile } from '../../src/backends/packed-graph.js';
import type { Completion, GenerationRequest } from '../../src/engine/completion.js';
import { Engine } from '../../src/engine/engine.js';
import { unconstrainedTables } from '../../src/grammar/unconstrained-tables.js';
import { llama } from '../../src/onnx/architectures/llama.js';
import { buildDecoder } from '../../src/onnx/decoder.js';
import { deriveGenerationGraph } from '../../src/onnx/generation-graph.js';
import { modelBytes } from '../../src/onnx/model-file.js';
import { decodeModel, encodeModel } from '../../src/onnx/proto.js';
import { randomWeights } from '../../src/onnx/random-weights.js';
import { byteVocabulary, END_TOKEN, tinyConfig } from '../engine/tiny-models.js';

const tables = unconstrainedTables(byteVocabulary);
let folder: string;
let graphPath: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packed-'));
  graphPath = join(folder, 'graph.onnx');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function writeGraph(quantization: 'none' | '8bit' | '4bit'): Promise<void> {
  const decoder = await modelBytes(buildDecoder(tinyConfig, llama, randomWeights(5, 0.25), quantization));
  await writeFile(graphPath, encodeModel(deriveGenerationGraph(decodeModel(decoder), 'tiny').model));
}

async function answers(shared: boolean): Promise<Completion[]> {
  const session = await openSession(runtime, { graphPath, device: 'cpu', threads: 1, shared });
  const shape = { numLayers: 2, numKeyValueHeads: 2, headDim: 16 };
  const runner = new OnnxModelRunner(runtime, session, shape, tables);
  const engine = new Engine(runner, { tables, eosIds: [END_TOKEN], maxNewTokens: 40, slots: 4 });
  await engine.setPrefix(Int32Array.from({ length: 37 }, (_, i) => (i * 7) % 256));
  async function* requests(): AsyncGenerator<GenerationRequest> {
    for (let id = 0; id < 9; id++)
      yield { id, tokens: Int32Array.from({ length: 5 + id * 11 }, (_, i) => (id * 31 + i * 17) % 256) };
  }
  const out: Completion[] = [];
  for await (const completion of engine.generate(requests())) out.push(completion!);
  await runner.dispose();
  return out;
}

describe.each(['none', '8bit', '4bit'] as const)('a packed graph, %s', (quantization) => {
  it('answers as the graph it was made from', async () => {
    await writeGraph(quantization);
    const plain = await answers(false);
    expect(plain.some(({ tokens }) => tokens.length > 10)).toBe(true);
    expect(await answers(true)).toEqual(plain);
    // ONNX Runtime cannot pack blocks of four bits into a file; see packed-graph.ts.
    const made = (await readdir(folder)).filter((name) => name.endsWith('.data'));
    expect(made).toHaveLength(quantization === '4bit' ? 0 : 1);
    // and again from the files that are there now
    expect(await answers(true)).toEqual(plain);
  });
});

it('is made anew when one of its files is damaged', async () => {
  await writeGraph('8bit');
  const path = (await packedGraphFile(runtime, graphPath))!;
  for (const file of [path, path.replace(/onnx$/, 'data')]) {
    const bytes = await readFile(file);
    const damaged = Buffer.from(bytes);
    damaged[damaged.length >> 1]! ^= 64;
    await writeFile(file, damaged);
    expect(await packedGraphFile(runtime, graphPath)).toBe(path);
    expect((await readFile(file)).equals(bytes)).toBe(true);
  }
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

it('is left out where it cannot be made', async () => {
  expect(await packedGraphFile(runtime, join(folder, 'missing.onnx'))).toBeNull();
  expect(await readdir(folder)).toEqual([]);
});
