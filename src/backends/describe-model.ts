import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { weightFormat } from '../checkpoint/decoder-contract.js';
import { readJsonFile } from '../checkpoint/json-file.js';
import { type ModelConfig, parseModelConfig } from '../checkpoint/model-config.js';
import { countParameters, estimateMemory, type MemoryEstimate } from '../checkpoint/model-size.js';
import { RunScoringError } from '../foundation/errors.js';
import { type ModelReference, type ResolveOptions, resolveModel } from './hub.js';
import { defaultQuantization } from './prepare-model.js';

export interface ModelDescription {
  readonly source: string;
  readonly revision: string | null;
  /** Folder of the files that are here already. */
  readonly folder: string;
  readonly form: 'onnx' | 'safetensors';
  /** Bytes of the weights where they come from; null when that is not known. */
  readonly weightBytes: number | null;
  /** Names of the files that hold them. */
  readonly weightFiles: readonly string[];
  /** Whether the weights are on this machine. */
  readonly weightsHere: boolean;
  /** null when config.json describes a kind of model that only a ready decoder makes usable. */
  readonly config: ModelConfig | null;
  /** Why `config` is null. */
  readonly unsupported: string | null;
  readonly parameters: number | null;
  readonly quantization: 'none' | '8bit' | '4bit' | null;
  readonly memory: MemoryEstimate | null;
  readonly contextLength: number | null;
  readonly hasChatTemplate: boolean;
}

export interface DescribeOptions extends ResolveOptions {
  readonly device: 'auto' | 'cpu' | 'cuda';
  /** For the estimate: rows side by side and tokens of each. */
  readonly rows: number;
  readonly tokens: number;
}

/** Finds out about a model without fetching its weights. */
export async function describeModel(
  model: ModelReference,
  options: DescribeOptions,
): Promise<ModelDescription> {
  const found = await resolveModel(model, { ...options, withoutWeights: true });
  const file = join(found.folder, 'config.json');
  const json = await readJsonFile(file);
  let config: ModelConfig | null = null;
  let unsupported: string | null = null;
  try {
    config = parseModelConfig(json, file);
  } catch (error) {
    if (!(error instanceof RunScoringError)) throw error;
    unsupported = error.message;
  }
  const here = await Promise.all(found.weights.map(({ path }) => isFile(join(found.folder, path))));
  const weightsHere = here.length > 0 && here.every(Boolean);
  const quantization =
    model.quantization ?? (found.kind === 'safetensors' ? defaultQuantization(options.device) : null);
  const weightBytes =
    found.weights.length === 0 ? null : found.weights.reduce((sum, { size }) => sum + size, 0);
  const context = (json as { max_position_embeddings?: unknown } | null)?.max_position_embeddings;
  return {
    source: found.source,
    revision: found.revision,
    folder: found.folder,
    form: found.kind,
    weightBytes,
    weightFiles: found.weights.map(({ path }) => path),
    weightsHere,
    config,
    unsupported,
    parameters: config === null ? null : countParameters(config).total,
    quantization,
    memory: config === null ? null : memoryOf(config, found.kind, quantization, weightBytes, options),
    contextLength: typeof context === 'number' ? context : null,
    hasChatTemplate: await hasChatTemplate(found.folder),
  };
}

/** A ready decoder takes about what its files do; a converted one what its width makes of the parameters. */
function memoryOf(
  config: ModelConfig,
  form: ModelDescription['form'],
  quantization: ModelDescription['quantization'],
  weightBytes: number | null,
  options: DescribeOptions,
): MemoryEstimate | null {
  const format = weightFormat(quantization ?? 'none', options.device);
  const estimate = estimateMemory(config, format, options.rows, options.tokens);
  if (form === 'onnx') return weightBytes === null ? null : { ...estimate, weightBytes };
  return quantization === null ? null : estimate;
}

async function hasChatTemplate(folder: string): Promise<boolean> {
  const names = await readdir(folder);
  if (names.some((name) => name === 'chat_template.jinja' || name === 'chat_template.json')) return true;
  const text = await readFile(join(folder, 'tokenizer_config.json'), 'utf8').catch(() => '{}');
  try {
    return (JSON.parse(text) as { chat_template?: unknown }).chat_template !== undefined;
  } catch {
    return false;
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
}
