import { createHash } from 'node:crypto';
import {
  access,
  constants,
  copyFile,
  link,
  mkdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { RunScoringError } from '../foundation/errors.js';
import { readAnatomy } from '../onnx/decoder-anatomy.js';
import { deriveGenerationGraph } from '../onnx/generation-graph.js';
import { decodeModel, encodeModel, type ModelProto } from '../onnx/proto.js';
import { fileDigest } from './file-digest.js';

/** Raised whenever the derived graph changes, so that older cached graphs are not used. */
const GRAPH_VERSION = 4;

export interface GenerationGraphFile {
  readonly path: string;
  readonly numLayers: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  readonly vocabSize: number;
}

/**
 * The generation graph of a decoder file, derived on first use and kept in `generation-cache/` in the model's folder
 * (or in the user's cache folder where that cannot be written), under a name made of the decoder's own hash and with
 * its own checksum: a damaged one is made anew.
 *
 * @param digest SHA-256 of the decoder file and of its external data
 */
export async function generationGraphFile(
  modelFolder: string,
  decoderPath: string,
  digest: string,
): Promise<GenerationGraphFile> {
  let model: ModelProto;
  try {
    model = decodeModel(await readFile(decoderPath));
    if (model.graph === undefined || model.graph.node === undefined) throw new Error('no graph');
  } catch (cause) {
    throw new RunScoringError('MODEL_FILE_DAMAGED', 'This ONNX file cannot be read.', {
      at: { file: decoderPath },
      cause,
    });
  }
  const { numLayers, numKeyValueHeads, headDim, vocabSize } = readAnatomy(model.graph, decoderPath);
  const shape = { numLayers, numKeyValueHeads, headDim, vocabSize };
  const folder = await writableFolder(modelFolder);
  const name = `${digest.slice(0, 24)}-v${GRAPH_VERSION}`;
  const path = join(folder, `${name}.onnx`);
  const sources = externalDataFiles(model, dirname(decoderPath));
  for (const [index, source] of sources.entries())
    await bringFile(source, join(folder, `${name}.data${index}`));
  const checksum = join(folder, `${name}.sha256`);
  const expected = await readFile(checksum, 'utf8').catch(() => null);
  if (expected !== null && expected === (await fileDigest(path).catch(() => null))) return { path, ...shape };

  const derived = deriveGenerationGraph(model, decoderPath).model;
  const bytes = encodeModel(renameExternalData(derived, dirname(decoderPath), name));
  await writeAtomically(path, bytes);
  await writeAtomically(checksum, Buffer.from(createHash('sha256').update(bytes).digest('hex')));
  return { path, ...shape };
}

/** Files that hold a decoder's large weights, as named inside it. */
export function externalDataFiles(model: ModelProto, folder: string): string[] {
  const names = new Set<string>();
  for (const tensor of model.graph.initializer ?? []) {
    for (const entry of tensor.externalData ?? []) if (entry.key === 'location') names.add(entry.value);
  }
  return [...names].map((name) => join(folder, basename(name)));
}

/** ONNX Runtime reads external data from the graph's own folder only: a hard link puts it there without a copy. */
async function bringFile(file: string, path: string): Promise<void> {
  const source = await realpath(file);
  if (await isSameFile(source, path)) return;
  const temporary = `${path}.${process.pid}.tmp`;
  await link(source, temporary).catch(() => copyFile(source, temporary));
  await rename(temporary, path);
}

/** One file under two names, or a copy with the same content. */
async function isSameFile(source: string, path: string): Promise<boolean> {
  const [from, to] = [await stat(source), await stat(path).catch(() => null)];
  if (to === null || from.size !== to.size) return false;
  if (from.dev === to.dev && from.ino === to.ino) return true;
  return (await fileDigest(source)) === (await fileDigest(path));
}

function renameExternalData(model: ModelProto, from: string, name: string): ModelProto {
  const files = externalDataFiles(model, from);
  const renamed = new Map(files.map((file, index) => [basename(file), `${name}.data${index}`]));
  const initializer = (model.graph.initializer ?? []).map((tensor) =>
    tensor.externalData === undefined || tensor.externalData.length === 0
      ? tensor
      : {
          ...tensor,
          externalData: tensor.externalData.map((entry) =>
            entry.key === 'location'
              ? { key: 'location', value: renamed.get(basename(entry.value))! }
              : entry,
          ),
        },
  );
  return { ...model, graph: { ...model.graph, initializer } };
}

/** Content under a name made of hashes: a second process that writes it at the same time writes the same. */
async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, bytes);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new RunScoringError('MODEL_CACHE', 'The generation graph could not be written.', {
      at: { file: path },
      cause,
    });
  }
}

async function writableFolder(modelFolder: string): Promise<string> {
  const beside = join(modelFolder, 'generation-cache');
  try {
    await mkdir(beside, { recursive: true });
    await access(beside, constants.W_OK);
    return beside;
  } catch {
    const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
    const key = createHash('sha256').update(modelFolder).digest('hex').slice(0, 16);
    const folder = join(cache, 'run-scoring', key);
    try {
      await mkdir(folder, { recursive: true });
      return folder;
    } catch (cause) {
      throw new RunScoringError('MODEL_CACHE', 'No folder for the generation graph can be written.', {
        at: { file: folder },
        hint: 'Set XDG_CACHE_HOME to a folder that can be written.',
        cause,
      });
    }
  }
}

export async function readCached(modelFolder: string, name: string): Promise<Uint8Array | null> {
  return readFile(join(await writableFolder(modelFolder), name)).catch(() => null);
}

export async function writeCached(modelFolder: string, name: string, bytes: Uint8Array): Promise<void> {
  await writeAtomically(join(await writableFolder(modelFolder), name), bytes);
}
