import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as runtime from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { OnnxModelRunner } from '../../src/backends/onnx-model-runner.js';
import { decoderFileName } from '../../src/checkpoint/decoder-contract.js';
import { readModelConfig } from '../../src/checkpoint/json-file.js';
import { Engine } from '../../src/engine/engine.js';
import { unconstrainedTables } from '../../src/grammar/unconstrained-tables.js';
import { convertCheckpoint } from '../../src/onnx/convert-checkpoint.js';
import { deriveGenerationGraph } from '../../src/onnx/generation-graph.js';
import { decodeModel, encodeModel } from '../../src/onnx/proto.js';
import { DecoderSession } from '../onnx/decoder-session.js';
import { fixtureNames, readFixture } from '../onnx/reference-fixture.js';

const NEW_TOKENS = 24;
const END_TOKEN = 2;

/**
 * The decoders themselves are held to the reference implementation in test/onnx. Here the generation graph, which
 * writes attention anew over a shared prefix, is held to the decoder: windows, caps and rotary bases included.
 */
const CASES = [
  ...fixtureNames().map((name) => [name, 'none'] as const),
  ['llama-3.2', 'float16'] as const,
  ['gemma-2', 'float16'] as const,
];

describe.each(CASES)('generation with %s, %s', (name, format) => {
  it('chooses what its decoder chooses, far beyond windows and with a shared prefix', async () => {
    const fixture = readFixture(name);
    const config = await readModelConfig(fixture.folder);
    const target = await mkdtemp(join(tmpdir(), 'generation-'));
    await convertCheckpoint(fixture.folder, target, format);
    const path = join(target, 'onnx', decoderFileName(format));
    const { model } = deriveGenerationGraph(decodeModel(await readFile(path)), path);

    const tokens = Array.from({ length: config.vocabSize }, (_, id) => Uint8Array.of(id));
    const tables = unconstrainedTables({ tokens, eosIds: [END_TOKEN] });
    const session = await runtime.InferenceSession.create(encodeModel(model), {
      logSeverityLevel: 3,
      intraOpNumThreads: 1,
    });
    const { numHiddenLayers: numLayers, numKeyValueHeads, headDim } = config;
    const runner = new OnnxModelRunner(runtime, session, { numLayers, numKeyValueHeads, headDim }, tables);
    const options = { tables, eosIds: [END_TOKEN], maxNewTokens: NEW_TOKENS, slots: 3 };
    const engine = new Engine(runner, options);
    const prefix = fixture.sequences[2]!;
    await engine.setPrefix(Int32Array.from(prefix));
    const prompts = [
      ...fixture.sequences.map((sequence) => [...prefix, ...sequence]),
      ...fixture.sequences.map((sequence) => sequence.slice(-30)),
    ];
    async function* requests() {
      for (const [id, prompt] of prompts.entries()) yield { id, tokens: Int32Array.from(prompt) };
    }

    const decoder = await DecoderSession.open(path, config);
    let compared = 0;
    for await (const completion of engine.generate(requests())) {
      if (completion === null) continue;
      const prompt = prompts[completion.id]!;
      const all = [...prompt, ...completion.tokens];
      const { logits } = await decoder.run([all], [0], decoder.emptyCache(1));
      for (const [step, token] of completion.tokens.entries()) {
        const row = logits(0, prompt.length + step - 1);
        expect(Math.max(...row) - row[token]!).toBeLessThan(1e-3);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(prompts.length * 4);
    await runner.dispose();
    await decoder.close();
  });
});
