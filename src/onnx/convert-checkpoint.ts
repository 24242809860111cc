import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Checkpoint } from '../checkpoint/checkpoint.js';
import { decoderFileName, type WeightFormat } from '../checkpoint/decoder-contract.js';
import { readModelConfig } from '../checkpoint/json-file.js';
import { architectures } from './architectures/registry.js';
import { checkpointSource } from './checkpoint-source.js';
import { buildDecoder } from './decoder.js';
import { fillInThreads } from './fill-in-threads.js';
import { type WriteProgress, writeModelFile } from './model-file.js';

export interface ConvertOptions {
  readonly onProgress?: WriteProgress | undefined;
  /** Threads that convert side by side where the model is large; default 1. */
  readonly threads?: number;
}

/**
 * Writes `<target>/onnx/model*.onnx` from the safetensors and config.json in `source`. Memory is bounded by a piece of
 * one matrix (and one whole matrix where it must be turned); nothing appears under its final name before it is whole.
 * Every fault of the checkpoint's headers is found before the first byte is written.
 * @returns names of the files written, relative to `target`
 */
export async function convertCheckpoint(
  source: string,
  target: string,
  format: WeightFormat,
  options: ConvertOptions = {},
): Promise<string[]> {
  const config = await readModelConfig(source);
  const checkpoint = await Checkpoint.open(source);
  try {
    const architecture = architectures.get(config.architecture)!;
    const definition = buildDecoder(config, architecture, checkpointSource(checkpoint), format);
    await mkdir(join(target, 'onnx'), { recursive: true });
    const files = await writeModelFile(
      join(target, 'onnx'),
      decoderFileName(format),
      definition,
      options.onProgress,
      fillInThreads(source, format, options.threads ?? 1) ?? undefined,
    );
    return files.map((name) => join('onnx', name));
  } finally {
    await checkpoint.close();
  }
}
