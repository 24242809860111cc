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

it.each(['none', '8bit', '4bit'] as const)('foresees the bytes of a converted model, %s', (quantization) => {
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
  const bytes = weights.flatMap((group) => group.tensors).reduce((sum, tensor) => sum + tensor.byteLength, 0);
  const { weightBytes } = estimateMemory(config, quantization, 1, 1);
  expect(Math.abs(weightBytes - bytes) / bytes).toBeLessThan(0.01);
});
