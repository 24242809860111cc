import { createHash } from 'node:crypto';
import {
  access,
  copyFile,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { decoderFileName, type WeightFormat } from '../checkpoint/decoder-contract.js';
import { RunScoringError } from '../foundation/errors.js';
import { convertCheckpoint } from '../onnx/convert-checkpoint.js';
import type { WriteProgress } from '../onnx/model-file.js';
import { usableThreads } from './processors.js';
import { verifyBlobs, writeChecksums } from './verify-checksums.js';

/** Raised whenever the converter's output changes, so that older conversions are made anew. */
const CONVERTER_VERSION = 2;
/** Small files that go along with the weights, where the checkpoint has them. */
const COMPANIONS = [
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'chat_template.json',
];

/** Files of a checkpoint that a conversion reads. */
const SOURCE = /\.(?:safetensors|json|jinja)$/;

/** Folder for conversions: `$XDG_CACHE_HOME/run-scoring/converted`. */
export function convertedFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'run-scoring', 'converted');
}

export interface Conversion {
  readonly folder: string;
  /** false when an earlier conversion was found. */
  readonly fresh: boolean;
}

/**
 * A checkpoint converted to a decoder, made on first use. The result is a model folder of its own, under a name made of
 * the checkpoint's files; it appears by rename, whole or not at all. What an interrupted conversion left is removed.
 * @throws RunScoringError (MODEL_…)
 */
export async function convertedModel(
  checkpoint: string,
  format: WeightFormat,
  onProgress: WriteProgress,
  parent = convertedFolder(),
): Promise<Conversion> {
  const key = await checkpointKey(checkpoint);
  const folder = join(parent, `${key}-${format}-v${CONVERTER_VERSION}`);
  if (await exists(join(folder, 'onnx', decoderFileName(format)))) return { folder, fresh: false };
  const temporary = `${folder}.${hostname()}.${process.pid}.tmp`;
  try {
    await mkdir(parent, { recursive: true });
    await removeLeftovers(parent);
    await mkdir(temporary);
    const names = (await readdir(checkpoint)).filter((name) => SOURCE.test(name));
    const threads = usableThreads();
    const options = { onProgress, threads };
    // What is read is checked meanwhile, and nothing is kept unless it is sound.
    const [checked, converted] = await Promise.allSettled([
      verifyBlobs(names.map((name) => join(checkpoint, name))),
      convertCheckpoint(checkpoint, temporary, format, options),
    ]);
    if (checked.status === 'rejected') throw checked.reason;
    if (converted.status === 'rejected') throw converted.reason;
    const files = converted.value;
    await writeConfig(checkpoint, temporary, files.length > 1);
    for (const name of COMPANIONS) {
      if (await exists(join(checkpoint, name))) await copyFile(join(checkpoint, name), join(temporary, name));
    }
    await writeChecksums(temporary);
    await rename(temporary, folder).catch(async (error: unknown) => {
      // Another process was faster; its result is the same.
      if (!(await exists(join(folder, 'onnx', decoderFileName(format))))) throw error;
    });
    return { folder, fresh: true };
  } catch (cause) {
    if (cause instanceof RunScoringError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    const full = code === 'ENOSPC' || code === 'EDQUOT';
    throw new RunScoringError(
      full ? 'MODEL_DISK_FULL' : 'MODEL_CONVERSION',
      full ? 'The disk is full; the conversion was undone.' : 'The converted model could not be written.',
      { at: { file: parent }, hint: 'XDG_CACHE_HOME may name a folder on another disk.', cause: code },
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Stands for a checkpoint's content: a hub snapshot by its commit's blobs, any folder by its files' sizes and times. */
async function checkpointKey(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(folder)).filter((name) => SOURCE.test(name)).sort();
  for (const name of names) {
    const path = await realpath(join(folder, name));
    const { size, mtimeMs } = await stat(path);
    hash.update(JSON.stringify([name, path, size, mtimeMs]));
  }
  return hash.digest('hex').slice(0, 24);
}

/** config.json, with what transformers.js wants to be told about weights in a file of their own. */
async function writeConfig(checkpoint: string, target: string, external: boolean): Promise<void> {
  const config = JSON.parse(await readFile(join(checkpoint, 'config.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  if (external) config['transformers.js_config'] = { use_external_data_format: true };
  await writeFile(join(target, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
}

/** Conversions whose process is gone, on this machine. */
async function removeLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const match = /\.([^.]+)\.(\d+)\.tmp$/.exec(name);
    if (match === null || match[1] !== hostname() || isAlive(Number(match[2]))) continue;
    await rm(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
