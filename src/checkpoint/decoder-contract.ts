/**
 * The names by which a decoder ONNX file is known in the field (Optimum, onnx-community, transformers.js), and what
 * this project's builder and engine agree on beyond them.
 *
 * Inputs:  input_ids int64 [batch, sequence], attention_mask int64 [batch, past + sequence],
 *          position_ids int64 [batch, sequence] where the export has it,
 *          past_key_values.N.key / .value [batch, numKeyValueHeads, past, headDim]
 * Outputs: logits [batch, sequence, vocabulary], present.N.key / .value
 */
export const DecoderNames = {
  inputIds: 'input_ids',
  attentionMask: 'attention_mask',
  positionIds: 'position_ids',
  logits: 'logits',
  pastKey: (layer: number): string => `past_key_values.${layer}.key`,
  pastValue: (layer: number): string => `past_key_values.${layer}.value`,
  presentKey: (layer: number): string => `present.${layer}.key`,
  presentValue: (layer: number): string => `present.${layer}.value`,
} as const;

/** What a config asks for. */
export const QUANTIZATIONS = ['none', '8bit', '4bit'] as const;
export type Quantization = (typeof QUANTIZATIONS)[number];

/** How a decoder's matrices are stored; `none` is float32. */
export type WeightFormat = Quantization | 'float16';

/** Not quantised means float16 on a GPU, where it halves what every step must read, and float32 on a CPU. */
export function weightFormat(quantization: Quantization, device: 'auto' | 'cpu' | 'cuda'): WeightFormat {
  return quantization === 'none' && device === 'cuda' ? 'float16' : quantization;
}

/** The suffix is transformers.js' name for the file (`onnx/model<suffix>.onnx`). */
export function decoderFileName(format: WeightFormat): string {
  const suffix = { none: '', float16: '_fp16', '8bit': '_quantized', '4bit': '_q4' }[format];
  return `model${suffix}.onnx`;
}
