import { type Architecture, llamaLayerNames } from './architecture.js';

/** Llama 2, 3, 3.1 and 3.2, SmolLM2, and whatever else calls itself `LlamaForCausalLM`. */
export const llama: Architecture = {
  name: 'llama',
  embedding: 'model.embed_tokens.weight',
  finalNorm: 'model.norm.weight',
  head: 'lm_head.weight',
  layerPrefix: (layer) => `model.layers.${layer}.`,
  layer: llamaLayerNames,
  embeddingScale: () => 1,
  normOffset: 0,
  hasQkvBias: () => false,
  qkNorm: () => null,
  attentionWindow: (config, layer) => config.layerWindows[layer] ?? -1,
};
