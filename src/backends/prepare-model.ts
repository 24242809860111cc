import { Checkpoint } from '../checkpoint/checkpoint.js';
import { type Quantization, type WeightFormat, weightFormat } from '../checkpoint/decoder-contract.js';
import { convertedModel } from './converted-cache.js';
import { type ModelReference, type ResolvedModel, type ResolveOptions, resolveModel } from './hub.js';

export interface PrepareOptions extends ResolveOptions {
  readonly device: 'auto' | 'cpu' | 'cuda';
  /** Folder for conversions; for tests. */
  readonly convertedFolder?: string;
}

export interface PreparedModel {
  /** Holds the tokenizer and, unless weights were not wanted, a decoder under onnx/. */
  readonly folder: string;
  readonly source: string;
  readonly revision: string | null;
}

/** Width for a checkpoint when the config names none: 8 bits on a CPU, where they are faster than 32 and hardly worse. */
export function defaultQuantization(device: PrepareOptions['device']): Quantization {
  return device === 'cuda' ? 'none' : '8bit';
}

/**
 * Makes a model ready to load: finds or fetches it, and converts a checkpoint on first use.
 * Says in one line where it comes from, and what a conversion did.
 * @throws RunScoringError (MODEL_…)
 */
export async function prepareModel(model: ModelReference, options: PrepareOptions): Promise<PreparedModel> {
  const resolved = await resolveModel(model, options);
  const { source, revision } = resolved;
  if (resolved.kind === 'onnx' || options.withoutWeights === true)
    return { folder: resolved.folder, source, revision };
  const quantization = model.quantization ?? defaultQuantization(options.device);
  const format = weightFormat(quantization, options.device);
  return { folder: await convert(resolved, format, options), source, revision };
}

async function convert(model: ResolvedModel, format: WeightFormat, options: PrepareOptions): Promise<string> {
  const name = format === 'none' ? 'float32' : format;
  const started = performance.now();
  let tenths = 0;
  const onProgress = (done: number, total: number): void => {
    options.onProgress?.(done, total);
    if (total < 1e9) return;
    for (; tenths < 9 && done >= ((tenths + 1) / 10) * total; tenths++) {
      options.note(`converting ${model.source} to ${name}: ${(tenths + 1) * 10} %`);
    }
  };
  const { folder, fresh } = await convertedModel(model.folder, format, onProgress, options.convertedFolder);
  if (fresh) {
    const seconds = (performance.now() - started) / 1000;
    const checkpoint = await Checkpoint.open(model.folder);
    const megabytes = checkpoint.byteLength / 1e6;
    await checkpoint.close();
    options.note(
      `converted ${model.source} to ${name} in ${seconds.toFixed(1)} s (${Math.round(megabytes / seconds)} MB/s of its ${Math.round(megabytes)} MB)`,
    );
  }
  return folder;
}
