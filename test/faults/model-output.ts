import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'csv-parse/sync';
import * as runtime from 'onnxruntime-node';
import { OnnxModelRunner } from '../../src/backends/onnx-model-runner.js';
import { parseModelConfig } from '../../src/checkpoint/model-config.js';
import { DEFAULT_FIELDS } from '../../src/config/default-rubric.js';
import type { Completion } from '../../src/engine/completion.js';
import { Engine } from '../../src/engine/engine.js';
import { compileGrammar } from '../../src/grammar/compile-grammar.js';
import { llama } from '../../src/onnx/architectures/llama.js';
import { buildDecoder } from '../../src/onnx/decoder.js';
import { deriveGenerationGraph } from '../../src/onnx/generation-graph.js';
import { modelBytes } from '../../src/onnx/model-file.js';
import { decodeModel, encodeModel } from '../../src/onnx/proto.js';
import { randomWeights } from '../../src/onnx/random-weights.js';
import { byteVocabulary, END_TOKEN } from '../engine/tiny-models.js';
import { LLAMA_32_3B_NARROW, llamaRepository } from '../fixtures/random-checkpoint.js';
import { inFolder, writeRows } from '../scoring/processes.js';
import type { Fault } from './fault.js';
import { type RunSettings, run, SHIPPED } from './runs.js';
import { must, type Trials } from './trials.js';

const SHAPE = { numLayers: 2, numKeyValueHeads: 2, headDim: 16 };
/** A byte that no answer may hold, so that no clean row can come upon it. */
const POISON = 1;
const tables = compileGrammar(DEFAULT_FIELDS, byteVocabulary);

/** Embedding and head stand apart, so that one token's embedding can be spoilt without the others'. */
const untied = parseModelConfig(
  {
    model_type: 'llama',
    vocab_size: 320,
    hidden_size: 64,
    intermediate_size: 96,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    rms_norm_eps: 1e-5,
    max_position_embeddings: 4096,
    tie_word_embeddings: false,
  },
  'untied',
);

async function complete(graph: Uint8Array, prompts: readonly Int32Array[]): Promise<Completion[]> {
  const session = await runtime.InferenceSession.create(graph, { logSeverityLevel: 4 });
  const runner = new OnnxModelRunner(runtime, session, SHAPE, tables);
  const engine = new Engine(runner, { tables, eosIds: [END_TOKEN], maxNewTokens: 120, slots: 4 });
  async function* requests() {
    for (const [id, tokens] of prompts.entries()) yield { id, tokens };
  }
  const completions: Completion[] = [];
  for await (const completion of engine.generate(requests())) completions.push(completion!);
  await runner.dispose();
  return completions;
}

/** NaN in one token's embedding: rows with that token are marked, and their neighbours do not change by a bit. */
async function poisonOneToken(trials: Trials, rows: number): Promise<void> {
  const decoder = await modelBytes(buildDecoder(untied, llama, randomWeights(5, 0.25), 'none'));
  const graph = (bytes: Uint8Array) => encodeModel(deriveGenerationGraph(decodeModel(bytes), 'tiny').model);
  const poisoned = decodeModel(decoder);
  const embedding = poisoned.graph.initializer!.find((tensor) => Number(tensor.dims?.[0]) === 320)!;
  const bytes = Uint8Array.from(embedding.rawData!);
  new Float32Array(bytes.buffer).fill(Number.NaN, POISON * 64, (POISON + 1) * 64);
  embedding.rawData = bytes;
  const clean = (row: number) =>
    Int32Array.from({ length: 3 + (row % 9) }, (_, i) => 2 + ((row * 31 + i * 7) % 250));
  const prompts = Array.from({ length: rows }, (_, row) => clean(row));
  const wanted = await complete(graph(decoder), prompts);
  const spoilt = graph(encodeModel(poisoned));
  for (let row = 0; row < rows; row++) {
    await trials.run(`row ${row}`, async () => {
      const mixed = prompts.map((prompt, at) => (at === row ? Int32Array.of(...prompt, POISON, 1) : prompt));
      const found = await complete(spoilt, mixed);
      must(found[row]!.finishReason === 'non_finite', `its row ends with ${found[row]!.finishReason}`);
      for (const [at, completion] of found.entries()) {
        const same = JSON.stringify(completion) === JSON.stringify(wanted[at]);
        if (at !== row && !same) trials.figures.changed += 1;
        must(at === row || same, `row ${at} changes with it`);
      }
    });
  }
}

const SETTINGS = `generation: {max_new_tokens: 40}
prompt: {system: "Judge the profile."}
output:
  fields:
    - {name: flag, type: enum, values: [good, bad]}
    - {name: reasoning, type: string, max_tokens: 10}
`;

/** The shipped command line over a random checkpoint with other weights or settings. */
async function runRandomModel(
  trials: Trials,
  change: (files: Record<string, Uint8Array>) => void,
  settings: string,
  statuses: RegExp,
): Promise<void> {
  await inFolder(async (folder) => {
    const files = llamaRepository({ ...LLAMA_32_3B_NARROW, layers: 2, shards: 1 });
    change(files);
    for (const [name, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(folder, 'm', name)), { recursive: true });
      await writeFile(join(folder, 'm', name), bytes);
    }
    const config = join(folder, 'config.yaml');
    await writeFile(
      config,
      `models:\n  - {name: m, model_id: ./m, quantization: 8bit${settings}}\n${SETTINGS}`,
    );
    const input = join(folder, 'in.csv');
    await writeRows(input, 12);
    const run_: RunSettings = { program: SHIPPED, input, config, env: { XDG_CACHE_HOME: folder } };
    await trials.run('12 rows', async () => {
      const output = join(folder, 'out.csv');
      const { code, stderr, seconds } = await run(run_, output);
      must(code === 6, `it ends with ${code}: ${stderr}`);
      must(seconds < 60, `it took ${seconds} s`);
      const table = parse(await readFile(output), { columns: true }) as Record<string, string>[];
      must(table.length === 12 && table.every((row, at) => row['id'] === `${at}`), 'rows are missing');
      const odd = table.find((row) => !statuses.test(row['ai_m_status']!) || row['ai_m_flag'] !== '');
      must(odd === undefined, `a row is ${odd?.['ai_m_status']}, ${odd?.['ai_m_flag']}`);
      await rm(output);
    });
  });
}

/** All weights of the last norm become NaN: no logit of any row is a number. */
function spoilWeights(files: Record<string, Uint8Array>): void {
  const name = Object.keys(files).find((key) => key.endsWith('.safetensors'))!;
  const bytes = Uint8Array.from(files[name]!);
  for (let at = bytes.length - 2 * LLAMA_32_3B_NARROW.hiddenSize; at < bytes.length; at += 2) {
    bytes[at] = 0xc0;
    bytes[at + 1] = 0x7f;
  }
  files[name] = bytes;
}

export const MODEL_OUTPUT: readonly Fault[] = [
  {
    group: 'model output',
    name: 'NaN logits in one row',
    run: async (trials, long) => {
      await poisonOneToken(trials, long ? 60 : 12);
      return undefined;
    },
  },
  {
    group: 'model output',
    name: 'NaN logits in every row',
    run: async (trials) => {
      await runRandomModel(trials, spoilWeights, '', /^error_non_finite$/);
      return undefined;
    },
  },
  {
    group: 'model output',
    name: 'a model that never ends',
    run: async (trials) => {
      await runRandomModel(trials, () => {}, ', constrained: false', /^(truncated|invalid)_output$/);
      return undefined;
    },
  },
];
