import { RunScoringError } from '../foundation/errors.js';

export type RopeScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositionEmbeddings: number;
    };

/** What a `config.json` says of a decoder, under one set of names. Sizes are counts of elements. */
export interface ModelConfig {
  readonly architecture: 'llama' | 'mistral' | 'qwen2' | 'qwen3';
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | null;
  readonly maxPositionEmbeddings: number;
  /** Tokens a query sees, itself included; null for all. */
  readonly slidingWindow: number | null;
  readonly tieWordEmbeddings: boolean;
}

const SUPPORTED = ['llama', 'mistral', 'qwen2', 'qwen3'] as const;
/** No model has more of anything; a larger number is a damaged file, and would become a huge allocation. */
const MOST = 16_777_216;

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a parsed `config.json` as Hugging Face transformers writes it, old names and new ones.
 * @throws RunScoringError MODEL_UNSUPPORTED or MODEL_CONFIG, naming the key
 */
export function parseModelConfig(json: unknown, file: string): ModelConfig {
  const fail = (code: 'MODEL_UNSUPPORTED' | 'MODEL_CONFIG', message: string): never => {
    throw new RunScoringError(code, message, {
      at: { file },
      ...(code === 'MODEL_UNSUPPORTED' ? { hint: `Supported: ${SUPPORTED.join(', ')} (model_type).` } : {}),
    });
  };
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return fail('MODEL_CONFIG', 'config.json is not an object.');
  }
  const config = json as Json;
  const type = config['model_type'];
  const architecture = SUPPORTED.find((name) => name === type);
  if (architecture === undefined) {
    return fail('MODEL_UNSUPPORTED', `model_type ${JSON.stringify(type ?? null)} cannot be converted.`);
  }
  const count = (key: string, fallback?: number): number => {
    const value = config[key] ?? fallback;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MOST) {
      return fail('MODEL_CONFIG', `config.json: ${key} must be a whole number from 1 to ${MOST}.`);
    }
    return value;
  };
  const positive = (source: Json, key: string, fallback?: number): number => {
    const value = source[key] ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
      return fail('MODEL_CONFIG', `config.json: ${key} must be a positive number.`);
    }
    return value;
  };
  const activation = config['hidden_act'] ?? config['hidden_activation'] ?? 'silu';
  if (activation !== 'silu')
    fail('MODEL_UNSUPPORTED', `hidden_act ${JSON.stringify(activation)} cannot be converted.`);
  if (config['attention_bias'] === true && architecture !== 'qwen2') {
    fail('MODEL_UNSUPPORTED', 'attention_bias true cannot be converted for this model_type.');
  }
  if (config['mlp_bias'] === true) fail('MODEL_UNSUPPORTED', 'mlp_bias true cannot be converted.');

  const hiddenSize = count('hidden_size');
  const numAttentionHeads = count('num_attention_heads');
  const numKeyValueHeads = count('num_key_value_heads', numAttentionHeads);
  if (numAttentionHeads % numKeyValueHeads !== 0) {
    fail('MODEL_CONFIG', 'config.json: num_attention_heads is not a multiple of num_key_value_heads.');
  }
  const headDim = count('head_dim', hiddenSize / numAttentionHeads);
  if (headDim % 2 !== 0) fail('MODEL_CONFIG', 'config.json: head_dim must be even.');

  // transformers 5 keeps everything about rotary embeddings in `rope_parameters`.
  const rope = { ...(config['rope_scaling'] as Json | null), ...(config['rope_parameters'] as Json | null) };
  const windowed = architecture === 'mistral' || config['use_sliding_window'] === true;
  const window = config['sliding_window'];
  return Object.freeze({
    architecture,
    vocabSize: count('vocab_size'),
    hiddenSize,
    intermediateSize: count('intermediate_size'),
    numHiddenLayers: count('num_hidden_layers'),
    numAttentionHeads,
    numKeyValueHeads,
    headDim,
    rmsNormEps: positive(config, 'rms_norm_eps', 1e-6),
    ropeTheta: positive({ ...config, ...rope }, 'rope_theta', 10_000),
    ropeScaling: ropeScaling(),
    maxPositionEmbeddings: count('max_position_embeddings', 2048),
    slidingWindow: windowed && typeof window === 'number' ? count('sliding_window') : null,
    tieWordEmbeddings: config['tie_word_embeddings'] === true,
  });

  function ropeScaling(): RopeScaling | null {
    const kind = rope['rope_type'] ?? rope['type'] ?? 'default';
    if (kind === 'default') return null;
    if (kind === 'linear') return { type: 'linear', factor: positive(rope, 'factor') };
    if (kind === 'llama3') {
      return {
        type: 'llama3',
        factor: positive(rope, 'factor'),
        lowFreqFactor: positive(rope, 'low_freq_factor'),
        highFreqFactor: positive(rope, 'high_freq_factor'),
        originalMaxPositionEmbeddings: positive(rope, 'original_max_position_embeddings'),
      };
    }
    return fail('MODEL_UNSUPPORTED', `rope scaling ${JSON.stringify(kind)} cannot be converted.`);
  }
}
