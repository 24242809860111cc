import type { TensorSource } from '../../src/onnx/decoder.js';
import { randomWeights } from '../../src/onnx/random-weights.js';
import { VOCABULARY_SIZE } from './workload.js';

/** config.json in the shapes of SmolLM2-135M. */
export const modelConfig = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  head_dim: 64,
  vocab_size: VOCABULARY_SIZE,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  hidden_act: 'silu',
  tie_word_embeddings: true,
  bos_token_id: 1,
  eos_token_id: 2,
  torch_dtype: 'float32',
};

/** Normal values of deviation 0.04, wide enough that the likeliest token is a clear one. */
export const weights: TensorSource = randomWeights(7, 0.04);
