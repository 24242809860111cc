import type { Architecture } from './architecture.js';
import { gemma2 } from './gemma2.js';
import { gemma3 } from './gemma3.js';
import { llama } from './llama.js';
import { mistral } from './mistral.js';
import { qwen2 } from './qwen2.js';
import { qwen3 } from './qwen3.js';

/** By `ModelConfig.architecture`. */
export const architectures: ReadonlyMap<string, Architecture> = new Map(
  [llama, mistral, qwen2, qwen3, gemma2, gemma3].map((architecture) => [architecture.name, architecture]),
);
