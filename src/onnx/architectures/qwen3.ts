import type { Architecture } from './architecture.js';
import { llama } from './llama.js';

/** Qwen 3: Llama with a norm on each query and key head. */
export const qwen3: Architecture = {
  ...llama,
  name: 'qwen3',
  qkNorm: () => ({ query: 'self_attn.q_norm.weight', key: 'self_attn.k_norm.weight' }),
};
