import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RunScoringError } from '../foundation/errors.js';
import { type ModelConfig, parseModelConfig } from './model-config.js';

/** An index of 100,000 tensors stays well below this. */
const MAX_BYTES = 25_000_000;

/**
 * Parses one of a checkpoint's JSON files.
 * @throws RunScoringError MODEL_FILE_MISSING, MODEL_LFS_POINTER or MODEL_FILE_DAMAGED
 */
export async function readJsonFile(file: string): Promise<unknown> {
  let text: string;
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) {
      throw new RunScoringError(
        'MODEL_FILE_DAMAGED',
        `This JSON file has ${size} bytes; at most ${MAX_BYTES} are accepted.`,
        {
          at: { file },
        },
      );
    }
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof RunScoringError) throw cause;
    throw new RunScoringError('MODEL_FILE_MISSING', 'This model file cannot be read.', {
      at: { file },
      cause,
    });
  }
  if (text.startsWith('version https://git-lfs')) {
    throw new RunScoringError('MODEL_LFS_POINTER', 'This file is a git-lfs pointer, not its content.', {
      at: { file },
      hint: 'Run "git lfs pull" in the folder.',
    });
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new RunScoringError('MODEL_FILE_DAMAGED', 'This file is not JSON.', { at: { file } });
  }
}

/** Reads and checks a folder's config.json. */
export async function readModelConfig(folder: string): Promise<ModelConfig> {
  const file = join(folder, 'config.json');
  return parseModelConfig(await readJsonFile(file), file);
}
