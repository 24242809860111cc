import type { Architecture } from './architecture.js';
import { llama } from './llama.js';

/** Mistral: Llama with a sliding window in every layer, where the config sets one. */
export const mistral: Architecture = {
  ...llama,
  name: 'mistral',
  attentionWindow: (config) => config.slidingWindow ?? -1,
};
