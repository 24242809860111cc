import type { ModelConfig } from '../../checkpoint/model-config.js';

/** Where a checkpoint keeps the tensors of one decoder layer; names are relative to the layer's prefix. */
export interface LayerTensorNames {
  readonly inputNorm: string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  /** Norm between attention and feed-forward. */
  readonly postAttentionNorm: string;
  /** Norms on what attention and feed-forward add to the residual stream, where the family has them. */
  readonly attentionOutputNorm?: string;
  readonly feedForwardOutputNorm?: string;
  readonly gate: string;
  readonly up: string;
  readonly down: string;
}

/**
 * What tells one decoder family from another, read by the one decoder builder. A family adds a file that fills this
 * in; it never adds a branch on its own name elsewhere.
 */
export interface Architecture {
  readonly name: string;
  readonly embedding: string;
  readonly finalNorm: string;
  readonly head: string;
  layerPrefix(layer: number): string;
  readonly layer: LayerTensorNames;
  /** What token vectors are multiplied by before the first layer. */
  embeddingScale(config: ModelConfig): number;
  /** Added to every norm's weights: some families store them as distances from one. */
  readonly normOffset: number;
  /** Bias vectors on the query, key and value projections. */
  hasQkvBias(config: ModelConfig): boolean;
  /** Norm tensors applied to each query and key head before the rotary embedding, or null. */
  qkNorm(config: ModelConfig): { query: string; key: string } | null;
  /** Width of the attention window in layer `layer`; -1 for all tokens. */
  attentionWindow(config: ModelConfig, layer: number): number;
}

/** The naming that Llama's checkpoints began and its relatives kept. */
export const llamaLayerNames: LayerTensorNames = {
  inputNorm: 'input_layernorm',
  query: 'self_attn.q_proj',
  key: 'self_attn.k_proj',
  value: 'self_attn.v_proj',
  attentionOutput: 'self_attn.o_proj',
  postAttentionNorm: 'post_attention_layernorm',
  gate: 'mlp.gate_proj',
  up: 'mlp.up_proj',
  down: 'mlp.down_proj',
};
