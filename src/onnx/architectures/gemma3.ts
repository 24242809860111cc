import type { Architecture } from './architecture.js';
import { gemma2 } from './gemma2.js';
import { qwen3 } from './qwen3.js';

/** Gemma 3 (text): Gemma 2 with Qwen 3's norms on query and key heads; its windowed layers turn by a base of their own. */
export const gemma3: Architecture = { ...gemma2, name: 'gemma3', qkNorm: qwen3.qkNorm };
