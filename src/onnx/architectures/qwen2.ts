import type { Architecture } from './architecture.js';
import { llama } from './llama.js';

/** Qwen 2 and 2.5: Llama with biases on query, key and value. */
export const qwen2: Architecture = { ...llama, name: 'qwen2', hasQkvBias: () => true };
