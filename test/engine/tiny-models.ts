import { parseModelConfig } from '../../src/checkpoint/model-config.js';

/** A random decoder small enough to build in milliseconds; its vocabulary is the 256 bytes, an end token and spares. */
export const tinyConfig = parseModelConfig(
  {
    model_type: 'llama',
    vocab_size: 320,
    hidden_size: 64,
    intermediate_size: 96,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    rms_norm_eps: 1e-5,
    max_position_embeddings: 4096,
    tie_word_embeddings: true,
  },
  'tiny',
);

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
