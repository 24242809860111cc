import { describe, expect, it } from 'vitest';
import { parseModelConfig } from '../../src/checkpoint/model-config.js';

/** The published file of Llama 3.2 3B Instruct, the parts that are read. */
const llama32 = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  bos_token_id: 128000,
  eos_token_id: [128001, 128008, 128009],
  head_dim: 128,
  hidden_act: 'silu',
  hidden_size: 3072,
  intermediate_size: 8192,
  max_position_embeddings: 131072,
  mlp_bias: false,
  model_type: 'llama',
  num_attention_heads: 24,
  num_hidden_layers: 28,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-5,
  rope_scaling: {
    factor: 32.0,
    high_freq_factor: 4.0,
    low_freq_factor: 1.0,
    original_max_position_embeddings: 8192,
    rope_type: 'llama3',
  },
  rope_theta: 500000.0,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  vocab_size: 128256,
};

const tiny = {
  model_type: 'llama',
  vocab_size: 100,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  rms_norm_eps: 1e-6,
  max_position_embeddings: 512,
};

const codeOf = (json: unknown): string => {
  try {
    parseModelConfig(json, 'config.json');
    return 'read';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};

describe('parseModelConfig', () => {
  it('reads Llama 3.2, in the old spelling and in the new one', () => {
    const old = parseModelConfig(llama32, 'config.json');
    expect(old).toMatchObject({
      architecture: 'llama',
      headDim: 128,
      ropeTheta: 500_000,
      ropeScaling: {
        type: 'llama3',
        factor: 32,
        lowFreqFactor: 1,
        highFreqFactor: 4,
        originalMaxPositionEmbeddings: 8192,
      },
      slidingWindow: null,
      tieWordEmbeddings: true,
      eosTokenIds: [128001, 128008, 128009],
      torchDtype: 'bfloat16',
    });
    const { rope_scaling, rope_theta, torch_dtype, ...rest } = llama32;
    const renamed = { ...rest, dtype: torch_dtype, rope_parameters: { ...rope_scaling, rope_theta } };
    expect(parseModelConfig(renamed, 'config.json')).toEqual(old);
    expect(Object.isFrozen(old)).toBe(true);
  });

  it("takes each family's own defaults", () => {
    expect(parseModelConfig(tiny, 'f')).toMatchObject({
      numKeyValueHeads: 4,
      headDim: 8,
      ropeTheta: 10_000,
      qkvBias: false,
    });
    const mistral = { ...tiny, model_type: 'mistral' };
    expect(parseModelConfig(mistral, 'f').slidingWindow).toBe(4096);
    expect(parseModelConfig({ ...mistral, sliding_window: null }, 'f').slidingWindow).toBeNull();
    const qwen = { ...tiny, model_type: 'qwen2', sliding_window: 16, max_window_layers: 3 };
    expect(parseModelConfig(qwen, 'f')).toMatchObject({ slidingWindow: null, qkvBias: true });
    expect(parseModelConfig({ ...qwen, use_sliding_window: true }, 'f').layerWindows).toEqual([
      null,
      null,
      null,
      16,
    ]);
    const gemma = {
      ...tiny,
      model_type: 'gemma3_text',
      head_dim: 8,
      sliding_window: 8,
      sliding_window_pattern: 2,
      rope_theta: 1e6,
    };
    expect(parseModelConfig(gemma, 'f')).toMatchObject({
      architecture: 'gemma3',
      layerWindows: [8, null, 8, null],
      ropeTheta: 1e6,
      localRopeTheta: 10_000,
      tieWordEmbeddings: true,
      qkNorm: true,
    });
  });

  it('refuses what it would compute wrongly, and says why', () => {
    const reasons: [Record<string, unknown>, RegExp][] = [
      [{ model_type: 'phi3' }, /model_type is "phi3"/],
      [{ architectures: ['LlamaForSequenceClassification'] }, /LlamaForSequenceClassification/],
      [{ rope_scaling: { type: 'yarn', factor: 4 } }, /"yarn"/],
      [{ quantization_config: { quant_method: 'gptq' } }, /gptq/],
      [{ attention_bias: true }, /attention_bias/],
      [{ mlp_bias: true }, /mlp_bias/],
      [{ hidden_act: 'gelu' }, /"gelu"/],
      [{ partial_rotary_factor: 0.5 }, /partial_rotary_factor/],
    ];
    for (const [change, reason] of reasons) {
      expect(() => parseModelConfig({ ...tiny, ...change }, 'f')).toThrowError(reason);
      expect(codeOf({ ...tiny, ...change })).toBe('MODEL_UNSUPPORTED');
    }
    expect(codeOf([])).toBe('MODEL_UNSUPPORTED');
  });

  it('refuses missing and impossible values by key, without a large allocation', () => {
    for (const key of Object.keys(tiny)) {
      const { [key as keyof typeof tiny]: _, ...rest } = tiny;
      expect(() => parseModelConfig(rest, 'f')).toThrowError(new RegExp(`no ${key}`));
    }
    const bad: Record<string, unknown>[] = [
      { num_hidden_layers: 1e9 },
      { vocab_size: -1 },
      { hidden_size: 32.5 },
      { hidden_size: '32' },
      { num_key_value_heads: 3 },
      { head_dim: 7 },
      { rms_norm_eps: Number.NaN },
      { rope_scaling: [] },
      { rope_scaling: { rope_type: 'llama3', factor: 8 } },
      { eos_token_id: 100 },
      { eos_token_id: ['</s>'] },
      { model_type: 7 },
      { model_type: 'qwen2', use_sliding_window: true, layer_types: ['full_attention'] },
    ];
    for (const change of bad)
      expect([change, codeOf({ ...tiny, ...change })]).toEqual([change, 'MODEL_CONFIG']);
    expect(codeOf(JSON.parse('{"__proto__": {"model_type": "llama"}}'))).toBe('MODEL_CONFIG');
  });
});
