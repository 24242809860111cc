import { expect, it } from 'vitest';
import { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import { readModelConfig } from '../../src/checkpoint/json-file.js';
import { parseModelConfig } from '../../src/checkpoint/model-config.js';
import { countParameters, estimateMemory } from '../../src/checkpoint/model-size.js';
import { architectures } from '../../src/onnx/architectures/registry.js';
import { buildDecoder } from '../../src/onnx/decoder.js';
import { randomWeights } from '../../src/onnx/random-weights.js';
import { fixtureNames, readFixture } from '../onnx/reference-fixture.js';

it.each(fixtureNames())('counts the parameters that the files of %s hold', async (name) => {
  const { folder } = readFixture(name);
  const checkpoint = await Checkpoint.open(folder);
  const sizes = [...checkpoint.tensors.values()].map(({ shape }) => shape.reduce((a, b) => a * b, 1));
  await checkpoint.close();
  expect(countParameters(await readModelConfig(folder)).total).toBe(sizes.reduce((a, b) => a + b, 0));
});

const SIZES = [
  'hidden_size',
  'intermediate_size',
  'num_hidden_layers',
  'num_attention_heads',
  'num_key_value_heads',
  'head_dim',
  'vocab_size',
] as const;
/** Sizes out of published config.json files, and the parameters their cards give. */
const PUBLISHED: [string, string, number[], boolean, number][] = [
  ['Llama-2-7b-chat-hf', 'llama', [4096, 11008, 32, 32, 32, 128, 32000], false, 6_738_415_616],
  ['Meta-Llama-3-8B-Instruct', 'llama', [4096, 14336, 32, 32, 8, 128, 128256], false, 8_030_261_248],
  ['Llama-3.2-3B-Instruct', 'llama', [3072, 8192, 28, 24, 8, 128, 128256], true, 3_212_749_824],
  ['Mistral-7B-Instruct-v0.2', 'mistral', [4096, 14336, 32, 32, 8, 128, 32000], false, 7_241_732_096],
  ['Qwen2.5-0.5B-Instruct', 'qwen2', [896, 4864, 24, 14, 2, 64, 151936], true, 494_032_768],
  ['Qwen3-0.6B', 'qwen3', [1024, 3072, 28, 16, 8, 128, 151936], true, 596_049_920],
  ['SmolLM2-135M-Instruct', 'llama', [576, 1536, 30, 9, 3, 64, 49152], true, 134_515_008],
  ['gemma-2-2b-it', 'gemma2', [2304, 9216, 26, 8, 4, 256, 256000], true, 2_614_341_888],
  ['gemma-3-1b-it', 'gemma3_text', [1152, 6912, 26, 4, 1, 256, 262144], true, 999_885_952],
];

it.each(PUBLISHED)('counts the parameters of %s', (_, model_type, sizes, tie_word_embeddings, parameters) => {
  const json = {
    model_type,
    tie_word_embeddings,
    rms_norm_eps: 1e-6,
    max_position_embeddings: 8192,
    ...Object.fromEntries(SIZES.map((key, i) => [key, sizes[i]])),
    ...(model_type.startsWith('gemma') ? { query_pre_attn_scalar: 256, sliding_window: 512 } : {}),
  };
  expect(countParameters(parseModelConfig(json, 'config.json')).total).toBe(parameters);
});

it.each(['none', 'float16', '8bit', '4bit'] as const)(
  'foresees the bytes of a converted model, %s',
  (quantization) => {
    const config = parseModelConfig(
      {
        model_type: 'llama',
        vocab_size: 32_000,
        hidden_size: 1024,
        intermediate_size: 2816,
        num_hidden_layers: 12,
        num_attention_heads: 16,
        num_key_value_heads: 4,
        rms_norm_eps: 1e-5,
        max_position_embeddings: 16,
      },
      'config.json',
    );
    const architecture = architectures.get(config.architecture)!;
    const { weights } = buildDecoder(config, architecture, randomWeights(1), quantization);
    const bytes = weights
      .flatMap((group) => group.tensors)
      .reduce((sum, tensor) => sum + tensor.byteLength, 0);
    const { weightBytes } = estimateMemory(config, quantization, 1, 1);
    expect(Math.abs(weightBytes - bytes) / bytes).toBeLessThan(0.01);
  },
);
