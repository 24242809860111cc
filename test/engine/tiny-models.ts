import type { ModelConfig } from '../../src/checkpoint/model-config.js';

/** A random decoder small enough to build in milliseconds; its vocabulary is the 256 bytes, an end token and spares. */
export const tinyConfig = {
  architecture: 'llama',
  vocabSize: 320,
  hiddenSize: 64,
  intermediateSize: 96,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  headDim: 16,
  rmsNormEps: 1e-5,
  ropeTheta: 10_000,
  ropeScaling: null,
  maxPositionEmbeddings: 4096,
  slidingWindow: null,
  tieWordEmbeddings: true,
} as unknown as ModelConfig;

export const END_TOKEN = 256;

/** Bytes 0 to 255 as tokens, the end token, and some longer tokens that cross the grammar's seams. */
export const byteVocabulary = {
  tokens: Array.from({ length: 320 }, (_, id) => {
    if (id < 256) return Uint8Array.of(id);
    const longer = ['","', '":"', '"}', 'good', 'bad', ' the', 'reason', '\\"', 'é', '日'];
    const text = longer[id - 257];
    return text === undefined ? null : new TextEncoder().encode(text);
  }),
  eosIds: [END_TOKEN],
};
