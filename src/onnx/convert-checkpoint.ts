import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Checkpoint } from '../checkpoint/checkpoint.js';
import { decoderFileName, type Quantization } from '../checkpoint/decoder-contract.js';
import { parseModelConfig } from '../checkpoint/model-config.js';
import { RunScoringError } from '../foundation/errors.js';
import { architectures } from './architectures/registry.js';
import { checkpointSource } from './checkpoint-source.js';
import { buildDecoder } from './decoder.js';
import { type WriteProgress, writeModelFile } from './model-file.js';

/**
 * Writes `<target>/onnx/model*.onnx` from the safetensors and config.json in `source`. Memory is bounded by a piece of
 * one matrix (and one whole matrix where it must be turned); nothing appears under its final name before it is whole.
 * @returns names of the files written, relative to `target`
 */
export async function convertCheckpoint(
  source: string,
  target: string,
  quantization: Quantization,
  onProgress?: WriteProgress,
): Promise<string[]> {
  const file = join(source, 'config.json');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RunScoringError('MODEL_FILE_MISSING', 'The model folder has no config.json.', {
      at: { file },
      cause,
    });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new RunScoringError('MODEL_CONFIG', 'config.json is not valid JSON.', { at: { file } });
  }
  const config = parseModelConfig(json, file);
  const checkpoint = await Checkpoint.open(source);
  try {
    const architecture = architectures.get(config.architecture)!;
    // Some checkpoints leave the flag out and simply have no head of their own.
    const tied = config.tieWordEmbeddings || !checkpoint.has(architecture.head);
    const definition = buildDecoder(
      { ...config, tieWordEmbeddings: tied },
      architecture,
      checkpointSource(checkpoint),
      quantization,
    );
    await mkdir(join(target, 'onnx'), { recursive: true });
    const files = await writeModelFile(
      join(target, 'onnx'),
      decoderFileName(quantization),
      definition,
      onProgress,
    );
    return files.map((name) => join('onnx', name));
  } finally {
    await checkpoint.close();
  }
}
