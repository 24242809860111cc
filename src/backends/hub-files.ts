import { decoderFileName, type Quantization } from '../checkpoint/decoder-contract.js';
import { RunScoringError } from '../foundation/errors.js';

export type ModelKind = 'onnx' | 'safetensors';

/** A file of a repository, as the hub's tree lists it. */
export interface HubFile {
  readonly path: string;
  /** Bytes of the content (not of a pointer). */
  readonly size: number;
  /** SHA-256 of the content for large files, git's blob SHA-1 for the others; also the name of the cached blob. */
  readonly hash: string;
}

export const SAFETENSORS = 'model.safetensors';
export const SAFETENSORS_INDEX = 'model.safetensors.index.json';
const REQUIRED = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];
const OPTIONAL = [
  'generation_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'chat_template.json',
];
const QUANTIZATION_ORDER: readonly Quantization[] = ['8bit', 'none', '4bit'];
const SHARD = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}\.safetensors$/;

export interface FileChoice {
  readonly kind: ModelKind;
  /** Config and tokenizer. */
  readonly companions: readonly string[];
  /** For sharded weights, the index alone: it names the shards. */
  readonly weights: readonly string[];
  readonly sharded: boolean;
}

/**
 * Chooses what to fetch of a repository: a ready decoder where it has one in the wanted width, else the safetensors.
 * Everything else that repositories carry (other formats of the same weights above all) is left alone.
 * @throws RunScoringError MODEL_FILES when the repository has nothing that can be used, saying what it has
 */
export function chooseFiles(
  modelId: string,
  paths: readonly string[],
  quantization: Quantization | undefined,
): FileChoice {
  const present = new Set(paths);
  const lacks = (what: string, hint?: string): RunScoringError =>
    new RunScoringError('MODEL_FILES', `${modelId} ${what}.`, hint === undefined ? {} : { hint });
  for (const path of REQUIRED) {
    if (present.has(path)) continue;
    throw lacks(
      `has no ${path}`,
      present.has('tokenizer.model') && path === 'tokenizer.json'
        ? 'It has tokenizer.model alone; look for a version of the model with tokenizer.json.'
        : 'Is it a language model, and not an adapter or a quantised file for another program?',
    );
  }
  const companions = [...REQUIRED, ...OPTIONAL.filter((path) => present.has(path))];
  const widths = quantization === undefined ? QUANTIZATION_ORDER : [quantization];
  const decoder = widths.map((width) => `onnx/${decoderFileName(width)}`).find((path) => present.has(path));
  if (decoder !== undefined) {
    const data = paths.filter(
      (path) => /^_data(?:_\d{1,4})?$/.test(path.slice(decoder.length)) && path.startsWith(decoder),
    );
    return { kind: 'onnx', companions, weights: [decoder, ...data], sharded: false };
  }
  if (present.has(SAFETENSORS))
    return { kind: 'safetensors', companions, weights: [SAFETENSORS], sharded: false };
  if (present.has(SAFETENSORS_INDEX)) {
    return { kind: 'safetensors', companions, weights: [SAFETENSORS_INDEX], sharded: true };
  }
  const decoders = paths.filter((path) => /^onnx\/.*\.onnx$/.test(path));
  if (decoders.length > 0) {
    throw lacks(
      `has neither ${widths.map((width) => `onnx/${decoderFileName(width)}`).join(' nor ')} nor safetensors`,
      `It has ${decoders.slice(0, 6).join(', ')}.`,
    );
  }
  throw lacks(
    'has neither onnx/ files nor safetensors',
    paths.some((path) => path.endsWith('.gguf'))
      ? 'It has GGUF files, which are for other programs; use the model they were made from.'
      : undefined,
  );
}

/** The shards that an index names. */
export function shardsOf(index: unknown, modelId: string): string[] {
  const map = (index as { weight_map?: unknown } | null)?.weight_map;
  const shards = typeof map === 'object' && map !== null ? [...new Set(Object.values(map))] : [];
  if (shards.length === 0 || !shards.every((name) => typeof name === 'string' && SHARD.test(name))) {
    throw new RunScoringError('MODEL_INDEX', `${modelId}: ${SAFETENSORS_INDEX} names no usable files.`);
  }
  return shards as string[];
}
