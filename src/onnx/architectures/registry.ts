import type { Architecture } from './architecture.js';
import { llama } from './llama.js';
import { mistral } from './mistral.js';
import { qwen2 } from './qwen2.js';
import { qwen3 } from './qwen3.js';

/** By `ModelConfig.architecture`. */
export const architectures: ReadonlyMap<string, Architecture> = new Map(
  [llama, mistral, qwen2, qwen3].map((architecture) => [architecture.name, architecture]),
);
