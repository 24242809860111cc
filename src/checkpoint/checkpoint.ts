import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RunScoringError } from '../foundation/errors.js';
import { nearestName } from '../foundation/nearest-name.js';
import { isRecord, quoted } from './config-fields.js';
import { isFloatDtype } from './float-formats.js';
import { readJsonFile } from './json-file.js';
import { SafetensorsFile, wrongDtype } from './safetensors-file.js';
import { MAX_TENSORS, type TensorInfo } from './safetensors-header.js';

export type { TensorInfo } from './safetensors-header.js';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
/** The largest published checkpoints have a few hundred. */
const MAX_SHARDS = 2000;
/** Shards stand beside their index: a name with a folder in it is not followed. */
const SHARD_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}\.safetensors$/;

/** The tensors of a checkpoint, over one file or many. Values are read on demand; nothing else is held. */
export class Checkpoint {
  readonly tensors: ReadonlyMap<string, TensorInfo>;

  private constructor(
    readonly folder: string,
    private readonly files: readonly SafetensorsFile[],
    private readonly places: ReadonlyMap<string, SafetensorsFile>,
  ) {
    this.tensors = new Map([...places].map(([name, file]) => [name, file.tensors.get(name)!]));
  }

  /** Bytes of all weights files. */
  get byteLength(): number {
    return this.files.reduce((sum, file) => sum + file.byteLength, 0);
  }

  /**
   * Opens `model.safetensors`, or the shards that `model.safetensors.index.json` names, and checks their headers.
   * @throws RunScoringError (MODEL_…) naming the file and what is wrong with it
   */
  static async open(folder: string): Promise<Checkpoint> {
    const files: SafetensorsFile[] = [];
    try {
      const weightMap = await readWeightMap(folder);
      if (weightMap === null) {
        const file = await SafetensorsFile.open(join(folder, SINGLE));
        files.push(file);
        return new Checkpoint(folder, files, new Map([...file.tensors.keys()].map((name) => [name, file])));
      }
      const byName = new Map<string, SafetensorsFile>();
      for (const shard of new Set(weightMap.values())) {
        const file = await SafetensorsFile.open(join(folder, shard));
        files.push(file);
        byName.set(shard, file);
      }
      const places = new Map<string, SafetensorsFile>();
      for (const [name, shard] of weightMap) {
        const file = byName.get(shard)!;
        if (!file.tensors.has(name)) throw missingTensor(file.path, name, file.tensors.keys());
        places.set(name, file);
      }
      return new Checkpoint(folder, files, places);
    } catch (error) {
      await Promise.all(files.map((file) => file.close()));
      throw error;
    }
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  get names(): string[] {
    return [...this.tensors.keys()];
  }

  /**
   * Looks a tensor up by name and shape; reads no values.
   * @throws RunScoringError MODEL_TENSOR_MISSING, MODEL_TENSOR_SHAPE or MODEL_TENSOR_DTYPE
   */
  require(name: string, shape: readonly number[]): void {
    const info = this.tensors.get(name);
    if (info === undefined) throw missingTensor(this.folder, name, this.tensors.keys());
    const file = this.places.get(name)!.path;
    if (info.shape.length !== shape.length || info.shape.some((size, i) => size !== shape[i])) {
      throw new RunScoringError(
        'MODEL_TENSOR_SHAPE',
        `Tensor ${quoted(name)} has shape [${info.shape.join(', ')}]; config.json asks for [${shape.join(', ')}].`,
        { at: { file } },
      );
    }
    if (!isFloatDtype(info.dtype)) throw wrongDtype(file, name, info.dtype);
  }

  /** All values of a tensor, row-major. Meant for vectors and small matrices. */
  async readFloat32(name: string): Promise<Float32Array> {
    const { shape } = this.#info(name);
    const count = shape.reduce((product, size) => product * size, 1);
    return this.places.get(name)!.readElements(name, 0, count);
  }

  /** Values of `count` rows from `first`, row-major; a row is everything but the first axis. `target` may take them. */
  async readRows(name: string, first: number, count: number, target?: Float32Array): Promise<Float32Array> {
    const { shape } = this.#info(name);
    const columns = shape.slice(1).reduce((product, size) => product * size, 1);
    return this.places.get(name)!.readElements(name, first * columns, count * columns, target);
  }

  /** The same as float16 bits. */
  async readHalfRows(name: string, first: number, count: number, target?: Uint16Array): Promise<Uint16Array> {
    const { shape } = this.#info(name);
    const columns = shape.slice(1).reduce((product, size) => product * size, 1);
    return this.places.get(name)!.readHalves(name, first * columns, count * columns, target);
  }

  async close(): Promise<void> {
    await Promise.all(this.files.map((file) => file.close()));
  }

  #info(name: string): TensorInfo {
    const info = this.tensors.get(name);
    if (info === undefined) throw missingTensor(this.folder, name, this.tensors.keys());
    return info;
  }
}

/** Tensor name -> shard; null where there is a single file. */
async function readWeightMap(folder: string): Promise<Map<string, string> | null> {
  if (await isFile(join(folder, SINGLE))) return null;
  const path = join(folder, INDEX);
  if (!(await isFile(path))) throw await noWeights(folder);
  const wrong = (what: string): RunScoringError =>
    new RunScoringError('MODEL_INDEX', `The index of the weights ${what}.`, { at: { file: path } });
  const parsed = await readJsonFile(path);
  const map = isRecord(parsed) ? parsed['weight_map'] : undefined;
  if (!isRecord(map)) throw wrong('has no weight_map');
  const entries = Object.entries(map);
  if (entries.length > MAX_TENSORS) throw wrong(`lists ${entries.length} tensors; at most ${MAX_TENSORS}`);
  const shards = new Set<string>();
  for (const [, shard] of entries) {
    if (typeof shard !== 'string' || !SHARD_NAME.test(shard))
      throw wrong(`names ${quoted(shard)}, not a .safetensors file`);
    shards.add(shard);
  }
  if (shards.size > MAX_SHARDS) throw wrong(`names ${shards.size} files; at most ${MAX_SHARDS}`);
  return new Map(entries as [string, string][]);
}

async function noWeights(folder: string): Promise<RunScoringError> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const pickled = names.some((name) => /^pytorch_model.*\.bin$/.test(name));
  return new RunScoringError('MODEL_FILE_MISSING', `The folder holds neither ${SINGLE} nor ${INDEX}.`, {
    at: { file: folder },
    hint: pickled
      ? 'It has pytorch_model.bin, a format that runs code when it is read; look for a safetensors version.'
      : 'Weights must be safetensors.',
  });
}

function missingTensor(file: string, name: string, names: Iterable<string>): RunScoringError {
  const near = nearestName(name, [...names].slice(0, 5000));
  return new RunScoringError('MODEL_TENSOR_MISSING', `The weights have no tensor ${quoted(name)}.`, {
    at: { file },
    ...(near === undefined ? {} : { hint: `The nearest name is ${quoted(near)}.` }),
  });
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
}
