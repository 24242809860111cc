import type { Architecture } from './architecture.js';
import { llama } from './llama.js';

/** Mistral: Llama; where config.json sets a sliding window, every layer has it. */
export const mistral: Architecture = { ...llama, name: 'mistral' };
