import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RunScoringError } from '../foundation/errors.js';
import { chooseFiles, SAFETENSORS_INDEX, shardsOf } from './hub-files.js';
import type { ModelReference, ResolvedModel, ResolveOptions } from './model-reference.js';

/** A model folder on this machine, used as it is. */
export async function resolveLocal(
  model: ModelReference,
  folder: string,
  options: ResolveOptions,
): Promise<ResolvedModel> {
  const { modelId } = model;
  const isFolder = await stat(folder).then(
    (info) => info.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    throw new RunScoringError('MODEL_FOLDER_MISSING', `The model folder of ${modelId} does not exist.`, {
      at: { file: folder },
    });
  }
  const local = { folder, source: modelId, revision: null };
  const top = await readdir(folder);
  const onnx = await readdir(join(folder, 'onnx')).catch(() => [] as string[]);
  const paths = [...top, ...onnx.map((name) => `onnx/${name}`)];
  let kind: ResolvedModel['kind'];
  let names: readonly string[];
  try {
    const choice = chooseFiles(modelId, paths, model.quantization ?? undefined);
    kind = choice.kind;
    names = choice.sharded ? shardsOf(await readIndex(folder), modelId) : choice.weights;
  } catch (error) {
    // A tokenizer is enough for counting prompts.
    if (options.withoutWeights === true) return { ...local, kind: 'onnx', weights: [] };
    throw error;
  }
  options.note(`${modelId}: local folder, ${kind}`);
  return { ...local, kind, weights: await Promise.all(names.map((path) => sized(folder, path))) };
}

/** The index of sharded weights in a folder; null when it cannot be read. */
export async function readIndex(folder: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(folder, SAFETENSORS_INDEX), 'utf8'));
  } catch {
    return null;
  }
}

async function sized(folder: string, path: string): Promise<{ path: string; size: number }> {
  return stat(join(folder, path)).then(
    ({ size }) => ({ path, size }),
    () => ({ path, size: 0 }),
  );
}
