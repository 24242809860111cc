import { type ConfigFields, quoted } from './config-fields.js';
import { unsupported } from './unsupported-model.js';

/** How rotary frequencies are stretched for contexts longer than those of the first training. */
export type RopeScaling =
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositionEmbeddings: number;
    }
  | { readonly type: 'linear'; readonly factor: number };

export interface RopeSettings {
  readonly theta: number;
  readonly scaling: RopeScaling | null;
}

const THETA = { min: 1, max: 1e12 };
const FACTOR = { min: 1e-3, max: 1e6 };
const DEFAULT_THETA = 10_000;

/**
 * Reads `rope_theta` and `rope_scaling`, or the `rope_parameters` that newer files have in their place.
 * @param fields config.json itself
 * @param layerType for models whose layers differ: the part of `rope_parameters` that counts
 */
export function readRope(fields: ConfigFields, layerType?: string, theta = DEFAULT_THETA): RopeSettings {
  const outer = fields.child('rope_parameters');
  const parameters = (layerType === undefined ? undefined : outer?.child(layerType)) ?? outer;
  if (parameters !== undefined) {
    return { theta: parameters.number('rope_theta', THETA, theta), scaling: readScaling(parameters) };
  }
  const scaling = fields.child('rope_scaling');
  return {
    theta: fields.number('rope_theta', THETA, theta),
    scaling: scaling === undefined ? null : readScaling(scaling),
  };
}

function readScaling(fields: ConfigFields): RopeScaling | null {
  const partial = fields.number('partial_rotary_factor', { min: 0, max: 1 }, 1);
  if (partial !== 1) throw unsupported(fields.file, 'partial_rotary_factor is below 1');
  const type = fields.text('rope_type') ?? fields.text('type') ?? 'default';
  if (type === 'default') return null;
  if (type === 'linear') return { type, factor: fields.number('factor', FACTOR) };
  if (type !== 'llama3') {
    throw unsupported(
      fields.file,
      `its RoPE scaling is ${quoted(type)}`,
      'RoPE scalings: default, linear, llama3.',
    );
  }
  const lowFreqFactor = fields.number('low_freq_factor', FACTOR);
  const highFreqFactor = fields.number('high_freq_factor', FACTOR);
  if (highFreqFactor <= lowFreqFactor) throw fields.bad('high_freq_factor', 'must exceed low_freq_factor');
  return {
    type,
    factor: fields.number('factor', FACTOR),
    lowFreqFactor,
    highFreqFactor,
    originalMaxPositionEmbeddings: fields.integer('original_max_position_embeddings', { min: 1, max: 1e9 }),
  };
}
