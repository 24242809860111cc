import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { decoderFileName, type Quantization } from '../../src/checkpoint/decoder-contract.js';
import { parseModelConfig } from '../../src/checkpoint/model-config.js';
import { architectures } from '../../src/onnx/architectures/registry.js';
import { buildDecoder } from '../../src/onnx/decoder.js';
import { writeModelFile } from '../../src/onnx/model-file.js';
import { writeGguf } from './gguf.js';
import { modelConfig, weights } from './weights.js';

/** Raised when anything about the model changes. */
const MODEL_VERSION = 2;

export const quantizationOf = (bits: 32 | 8 | 4): Quantization =>
  bits === 32 ? 'none' : bits === 8 ? '8bit' : '4bit';
export const ggufName = (bits: 8 | 4): string => `model-q${bits}_0.gguf`;

/** Folder of the random-weights model, made on first use and kept in the user's cache folder. */
export async function modelFolder(bits: readonly (8 | 4)[]): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'run-scoring', `bench-v${MODEL_VERSION}`);
  await mkdir(join(folder, 'onnx'), { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify(modelConfig));
  const config = parseModelConfig(modelConfig, join(folder, 'config.json'));
  for (const quantization of ['none' as const, ...bits.map(quantizationOf)]) {
    const name = decoderFileName(quantization);
    if (await exists(join(folder, 'onnx', name))) continue;
    const architecture = architectures.get(config.architecture)!;
    await writeModelFile(
      join(folder, 'onnx'),
      name,
      buildDecoder(config, architecture, weights, quantization),
    );
  }
  for (const b of bits) {
    const path = join(folder, ggufName(b));
    if (await exists(path)) continue;
    await writeGguf(`${path}.tmp`, b);
    await rename(`${path}.tmp`, path);
  }
  return folder;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
