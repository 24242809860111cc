import { ConfigFields, isRecord, quoted } from './config-fields.js';
import { type RopeScaling, readRope } from './rope-settings.js';
import { unsupported } from './unsupported-model.js';

export type { RopeScaling } from './rope-settings.js';

export type ArchitectureName = 'llama' | 'mistral' | 'qwen2' | 'qwen3' | 'gemma2' | 'gemma3';

/** A decoder's config.json under one set of names, whichever of its writers and years it comes from. */
export interface ModelConfig {
  readonly architecture: ArchitectureName;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | null;
  /** Base of the rotary embedding in layers with a window, where it differs (Gemma 3); else null. */
  readonly localRopeTheta: number | null;
  readonly maxPositionEmbeddings: number;
  /** Tokens that a windowed layer attends to, its own included; null when no layer has a window. */
  readonly slidingWindow: number | null;
  /** Per layer: the window, or null for all tokens. */
  readonly layerWindows: readonly (number | null)[];
  readonly tieWordEmbeddings: boolean;
  /** Bias vectors on the query, key and value projections. */
  readonly qkvBias: boolean;
  /** A norm on each query and key head. */
  readonly qkNorm: boolean;
  readonly hiddenAct: 'silu' | 'gelu_pytorch_tanh';
  /** Attention scores are multiplied by this. */
  readonly attentionScale: number;
  /** Scores become `cap * tanh(score / cap)`; null for none (Gemma 2). */
  readonly attentionSoftcap: number | null;
  readonly finalSoftcap: number | null;
  readonly bosTokenId: number | null;
  readonly eosTokenIds: readonly number[];
  /** The type the weights were saved in, as config.json says; null when it does not. */
  readonly torchDtype: string | null;
}

/** Reasoned ceilings: several times the largest published model of these families. */
const MAX = {
  vocabSize: 1 << 20,
  width: 1 << 17,
  layers: 512,
  heads: 1024,
  headDim: 512,
  positions: 1 << 24,
};

const ARCHITECTURES: Readonly<Record<string, ArchitectureName>> = {
  llama: 'llama',
  mistral: 'mistral',
  qwen2: 'qwen2',
  qwen3: 'qwen3',
  gemma2: 'gemma2',
  gemma3_text: 'gemma3',
};

/**
 * Reads a parsed config.json.
 * @param file named in errors
 * @throws RunScoringError MODEL_UNSUPPORTED for a model of another kind, MODEL_CONFIG for a missing or impossible value
 */
export function parseModelConfig(json: unknown, file: string): ModelConfig {
  if (!isRecord(json)) throw unsupported(file, 'its config.json is not an object');
  const fields = new ConfigFields(json, file);
  const architecture = readArchitecture(fields);
  const gemma = architecture === 'gemma2' || architecture === 'gemma3';
  refuseSpecialities(fields, gemma);

  const size = (key: string, max: number, fallback?: number): number =>
    fields.integer(key, { min: 1, max }, fallback);
  const vocabSize = size('vocab_size', MAX.vocabSize);
  const hiddenSize = size('hidden_size', MAX.width);
  const numHiddenLayers = size('num_hidden_layers', MAX.layers);
  const numAttentionHeads = size('num_attention_heads', MAX.heads);
  const numKeyValueHeads = size('num_key_value_heads', MAX.heads, numAttentionHeads);
  if (numAttentionHeads % numKeyValueHeads !== 0) {
    throw fields.bad('num_attention_heads', 'must be a multiple of num_key_value_heads');
  }
  // Qwen 3 and Gemma choose it freely; the others may leave it out.
  const freeHeadDim = gemma || architecture === 'qwen3';
  const headDim = size('head_dim', MAX.headDim, freeHeadDim ? undefined : hiddenSize / numAttentionHeads);
  if (headDim % 2 !== 0) throw fields.bad('head_dim', 'must be even');

  const layerWindows = readWindows(fields, architecture, numHiddenLayers);
  const rope = readRope(fields, gemma ? 'full_attention' : undefined);
  const tokenIds = (key: string): number[] => readTokenIds(fields, key, vocabSize);
  const positive = { min: 1e-6, max: 1e6 };
  const softcap = (key: string): number | null =>
    gemma && fields.raw(key) !== undefined ? fields.number(key, positive) : null;
  return Object.freeze({
    architecture,
    vocabSize,
    hiddenSize,
    intermediateSize: size('intermediate_size', MAX.width * 4),
    numHiddenLayers,
    numAttentionHeads,
    numKeyValueHeads,
    headDim,
    rmsNormEps: fields.number('rms_norm_eps', { min: 0, max: 1 }),
    ropeTheta: rope.theta,
    ropeScaling: rope.scaling,
    localRopeTheta: architecture === 'gemma3' ? readLocalTheta(fields) : null,
    maxPositionEmbeddings: size('max_position_embeddings', MAX.positions),
    slidingWindow: layerWindows.find((window) => window !== null) ?? null,
    layerWindows: Object.freeze(layerWindows),
    tieWordEmbeddings: fields.boolean('tie_word_embeddings', gemma),
    qkvBias: architecture === 'qwen2',
    qkNorm: architecture === 'qwen3' || architecture === 'gemma3',
    hiddenAct: gemma ? 'gelu_pytorch_tanh' : 'silu',
    attentionScale: 1 / Math.sqrt(gemma ? fields.number('query_pre_attn_scalar', positive, 256) : headDim),
    attentionSoftcap: softcap('attn_logit_softcapping'),
    finalSoftcap: softcap('final_logit_softcapping'),
    bosTokenId: tokenIds('bos_token_id')[0] ?? null,
    eosTokenIds: Object.freeze(tokenIds('eos_token_id')),
    torchDtype: fields.text('dtype') ?? fields.text('torch_dtype') ?? null,
  });
}

function readArchitecture(fields: ConfigFields): ArchitectureName {
  const modelType = fields.text('model_type');
  if (modelType === undefined) throw fields.missing('model_type');
  const architecture = Object.hasOwn(ARCHITECTURES, modelType) ? ARCHITECTURES[modelType] : undefined;
  if (architecture === undefined) throw unsupported(fields.file, `its model_type is ${quoted(modelType)}`);
  const classes = fields.raw('architectures');
  if (Array.isArray(classes) && classes.length > 0) {
    const causal = classes.some((name) => typeof name === 'string' && name.endsWith('ForCausalLM'));
    if (!causal) {
      throw unsupported(fields.file, `its class is ${quoted(classes[0])}, not one that ends in ForCausalLM`);
    }
  }
  return architecture;
}

/** Settings that change the arithmetic and that no published model of these families needs. */
function refuseSpecialities(fields: ConfigFields, gemma: boolean): void {
  const method = fields.child('quantization_config');
  if (method !== undefined) {
    const name = quoted(method.raw('quant_method') ?? 'unknown');
    throw unsupported(
      fields.file,
      `its weights are already quantised (quantization_config: ${name})`,
      'Use the original checkpoint and set quantization: 8bit or 4bit.',
    );
  }
  for (const key of ['attention_bias', 'mlp_bias', 'use_bidirectional_attention']) {
    if (fields.boolean(key, false)) throw unsupported(fields.file, `${key} is true`);
  }
  const wanted = gemma ? 'gelu_pytorch_tanh' : 'silu';
  const activation = (gemma ? fields.text('hidden_activation') : undefined) ?? fields.text('hidden_act');
  if (activation !== undefined && activation !== wanted && !(gemma && activation === 'gelu')) {
    throw unsupported(fields.file, `its activation is ${quoted(activation)}, not ${quoted(wanted)}`);
  }
  if (fields.number('partial_rotary_factor', { min: 0, max: 1 }, 1) !== 1) {
    throw unsupported(fields.file, 'partial_rotary_factor is below 1');
  }
}

/** Which layers see only a window, by `layer_types` where it is given and by each family's own keys where not. */
function readWindows(
  fields: ConfigFields,
  architecture: ArchitectureName,
  layers: number,
): (number | null)[] {
  const all = (window: number | null): (number | null)[] => new Array<number | null>(layers).fill(window);
  const readWindow = (fallback?: number): number =>
    fields.integer('sliding_window', { min: 1, max: MAX.positions }, fallback);
  if (architecture === 'llama') return all(null);
  if (architecture === 'mistral') {
    // Left out, the reference implementation takes 4096; written as null, none.
    const none = fields.has('sliding_window') && fields.raw('sliding_window') === undefined;
    return all(none ? null : readWindow(4096));
  }
  const qwen = architecture === 'qwen2' || architecture === 'qwen3';
  if (qwen && !fields.boolean('use_sliding_window', false)) return all(null);

  const types = fields.raw('layer_types');
  if (types !== undefined) {
    if (!Array.isArray(types) || types.length !== layers) {
      throw fields.bad('layer_types', 'must name one type per layer');
    }
    return types.map((type) => {
      if (type === 'full_attention') return null;
      if (type === 'sliding_attention') return readWindow();
      throw unsupported(fields.file, `layer_types has ${quoted(type)}`);
    });
  }
  if (qwen) {
    const first = fields.integer('max_window_layers', { min: 0, max: MAX.layers }, 28);
    const window = readWindow(4096);
    return all(null).map((_, layer) => (layer >= first ? window : null));
  }
  const period =
    architecture === 'gemma2' ? 2 : fields.integer('sliding_window_pattern', { min: 1, max: MAX.layers }, 6);
  const window = readWindow(4096);
  return all(null).map((_, layer) => ((layer + 1) % period === 0 ? null : window));
}

/** Gemma 3 turns windowed layers by a base of their own, unscaled. */
function readLocalTheta(fields: ConfigFields): number {
  if (fields.raw('rope_parameters') !== undefined) {
    const local = readRope(fields, 'sliding_attention');
    if (local.scaling !== null) throw unsupported(fields.file, 'its windowed layers have a RoPE scaling');
    return local.theta;
  }
  return fields.number('rope_local_base_freq', { min: 1, max: 1e12 }, 10_000);
}

function readTokenIds(fields: ConfigFields, key: string, vocabSize: number): number[] {
  const value = fields.raw(key);
  const ids: unknown[] = value === undefined ? [] : Array.isArray(value) ? value.slice(0, 1000) : [value];
  return ids.map((id) => {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= vocabSize) {
      throw fields.bad(key, 'must hold ids of the vocabulary');
    }
    return id;
  });
}
