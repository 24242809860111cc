import type { Architecture } from './architecture.js';
import { llama } from './llama.js';

/**
 * Gemma 2: scaled token vectors, norms stored as distances from one and placed on both sides of attention and
 * feed-forward, a window in every other layer. Capped scores and its own activation are said by the config.
 */
export const gemma2: Architecture = {
  ...llama,
  name: 'gemma2',
  layer: {
    ...llama.layer,
    attentionOutputNorm: 'post_attention_layernorm',
    postAttentionNorm: 'pre_feedforward_layernorm',
    feedForwardOutputNorm: 'post_feedforward_layernorm',
  },
  embeddingScale: (config) => Math.sqrt(config.hiddenSize),
  normOffset: 1,
};
