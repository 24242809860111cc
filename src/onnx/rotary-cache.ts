import type { ModelConfig } from '../checkpoint/model-config.js';

/** Positions a rotary table covers at most: 32,768 x 64 x 2 floats are 16 MB, and no profile comes near. */
export const MAX_ROTARY_POSITIONS = 32_768;

export type RotarySettings = Pick<
  ModelConfig,
  'headDim' | 'ropeTheta' | 'ropeScaling' | 'maxPositionEmbeddings'
>;

/** What turns the windowed layers, where it differs from the others: a base of its own, unscaled. */
export function localRotary(config: ModelConfig): RotarySettings | null {
  return config.localRopeTheta === null
    ? null
    : { ...config, ropeTheta: config.localRopeTheta, ropeScaling: null };
}

/**
 * Inverse frequencies of the rotary embedding, one per pair of head dimensions. "llama3" scaling divides the low
 * frequencies by `factor`, keeps the high ones and blends between (Llama 3.1, section 3.4.3 of its report).
 */
export function inverseFrequencies(config: RotarySettings): Float64Array {
  const half = config.headDim / 2;
  const frequencies = new Float64Array(half);
  for (let i = 0; i < half; i++) frequencies[i] = config.ropeTheta ** (-(2 * i) / config.headDim);
  const scaling = config.ropeScaling;
  if (scaling === null) return frequencies;
  if (scaling.type === 'linear') return frequencies.map((frequency) => frequency / scaling.factor);
  const original = scaling.originalMaxPositionEmbeddings;
  return frequencies.map((frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < original / scaling.highFreqFactor) return frequency;
    if (wavelength > original / scaling.lowFreqFactor) return frequency / scaling.factor;
    const smooth =
      (original / wavelength - scaling.lowFreqFactor) / (scaling.highFreqFactor - scaling.lowFreqFactor);
    return ((1 - smooth) * frequency) / scaling.factor + smooth * frequency;
  });
}

/** Number of positions in the rotary table of a model. */
export function rotaryPositions(config: RotarySettings): number {
  return Math.min(config.maxPositionEmbeddings, MAX_ROTARY_POSITIONS);
}

/** Cosines and sines, float32 [positions, headDim / 2] each. */
export function rotaryCache(config: RotarySettings): { cos: Float32Array; sin: Float32Array } {
  const frequencies = inverseFrequencies(config).map(Math.fround);
  const half = frequencies.length;
  const positions = rotaryPositions(config);
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      // The reference implementation multiplies in float32 before taking the cosine; so does this.
      const angle = Math.fround(position * frequencies[i]!);
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
