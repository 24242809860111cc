import type { WeightFormat } from './decoder-contract.js';
import type { ModelConfig } from './model-config.js';

export interface ParameterCount {
  /** Token vectors and, where it is not the same table, the head. */
  readonly vocabulary: number;
  /** Matrices of all layers. */
  readonly matrices: number;
  /** Norms and biases. */
  readonly vectors: number;
  readonly total: number;
}

/** Counts a model's parameters from its config alone. */
export function countParameters(config: ModelConfig): ParameterCount {
  const { hiddenSize: hidden, headDim, numHiddenLayers: layers } = config;
  const query = config.numAttentionHeads * headDim;
  const keyValue = config.numKeyValueHeads * headDim;
  const sandwich = config.architecture.startsWith('gemma');
  const matrices = layers * (hidden * (2 * query + 2 * keyValue) + 3 * hidden * config.intermediateSize);
  const norms = hidden * (sandwich ? 4 : 2) + (config.qkNorm ? 2 * headDim : 0);
  const biases = config.qkvBias ? query + 2 * keyValue : 0;
  const vectors = layers * (norms + biases) + hidden;
  const vocabulary = config.vocabSize * hidden * (config.tieWordEmbeddings ? 1 : 2);
  return { vocabulary, matrices, vectors, total: vocabulary + matrices + vectors };
}

export interface MemoryEstimate {
  readonly weightBytes: number;
  /** Keys and values of `rows` rows with `tokens` tokens each, in float32. */
  readonly cacheBytes: number;
}

/** What a converted model takes while it scores; the runtime's own needs (some hundred megabytes) come on top. */
export function estimateMemory(
  config: ModelConfig,
  format: WeightFormat,
  rows: number,
  tokens: number,
): MemoryEstimate {
  const { vocabulary, matrices, vectors } = countParameters(config);
  // Four bits carry a float32 scale and a 4-bit zero point for every 32 values; token vectors and head keep eight bits then.
  const perMatrixValue = { none: 4, float16: 2, '8bit': 1, '4bit': 0.5 + 4.5 / 32 }[format];
  const perVocabularyValue = { none: 4, float16: 2, '8bit': 1, '4bit': 1 }[format];
  const keyValue = config.numKeyValueHeads * config.headDim;
  return {
    weightBytes: Math.round(matrices * perMatrixValue + vocabulary * perVocabularyValue + vectors * 4),
    cacheBytes: rows * tokens * config.numHiddenLayers * 2 * keyValue * 4,
  };
}
