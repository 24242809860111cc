import { type FileHandle, open, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RunScoringError } from '../foundation/errors.js';
import { toFloat32 } from './float-formats.js';
import { DTYPE_BYTES, headerLength, parseHeader, type TensorEntry } from './safetensors-header.js';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

interface StoredTensor extends TensorEntry {
  readonly handle: FileHandle;
  readonly file: string;
}

/** A checkpoint's tensors by name, over one safetensors file or several shards; values are read when asked for. */
export class Checkpoint {
  private constructor(
    private readonly folder: string,
    private readonly tensors: ReadonlyMap<string, StoredTensor>,
    private readonly handles: readonly FileHandle[],
  ) {}

  /** @throws RunScoringError MODEL_CHECKPOINT or MODEL_FILE_MISSING */
  static async open(folder: string): Promise<Checkpoint> {
    const handles: FileHandle[] = [];
    const tensors = new Map<string, StoredTensor>();
    try {
      for (const file of await shardFiles(folder)) {
        const handle = await open(file, 'r').catch((cause: unknown) => {
          throw new RunScoringError('MODEL_FILE_MISSING', 'This part of the checkpoint cannot be read.', {
            at: { file },
            cause,
          });
        });
        handles.push(handle);
        const { size } = await handle.stat();
        const length = headerLength(await readExactly(handle, 0, Math.min(8, size), file), size, file);
        const entries = parseHeader(await readExactly(handle, 8, length, file), size, file);
        for (const [name, entry] of entries) tensors.set(name, { ...entry, handle, file });
      }
      return new Checkpoint(folder, tensors, handles);
    } catch (error) {
      for (const handle of handles) await handle.close();
      throw error;
    }
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  get names(): string[] {
    return [...this.tensors.keys()];
  }

  /** Checks that a tensor is there with the shape the config asks for. */
  require(name: string, shape: readonly number[]): void {
    const tensor = this.tensors.get(name);
    if (tensor === undefined) {
      throw new RunScoringError('MODEL_CHECKPOINT', `The checkpoint has no tensor ${name}.`, {
        at: { file: this.folder },
      });
    }
    if (tensor.shape.length !== shape.length || tensor.shape.some((extent, i) => extent !== shape[i])) {
      throw new RunScoringError(
        'MODEL_CHECKPOINT',
        `Tensor ${name} has shape [${tensor.shape}], config.json asks for [${shape}].`,
        { at: { file: tensor.file } },
      );
    }
  }

  /** Values of `count` rows from `first`, as float32; a row is everything but the first axis. */
  async readRows(name: string, first: number, count: number): Promise<Float32Array> {
    const tensor = this.tensors.get(name)!;
    const width = tensor.shape.slice(1).reduce((a, b) => a * b, 1);
    const rowBytes = width * DTYPE_BYTES[tensor.dtype];
    const bytes = await readExactly(
      tensor.handle,
      tensor.offset + first * rowBytes,
      count * rowBytes,
      tensor.file,
    );
    return toFloat32(bytes, tensor.dtype);
  }

  async close(): Promise<void> {
    for (const handle of this.handles) await handle.close();
  }
}

async function shardFiles(folder: string): Promise<string[]> {
  const index = await readFile(join(folder, INDEX), 'utf8').catch(() => null);
  if (index === null) return [join(folder, SINGLE)];
  const fail = (message: string): never => {
    throw new RunScoringError('MODEL_CHECKPOINT', message, { at: { file: join(folder, INDEX) } });
  };
  let map: unknown;
  try {
    map = (JSON.parse(index) as { weight_map?: unknown }).weight_map;
  } catch {
    return fail('The index is not valid JSON.');
  }
  if (typeof map !== 'object' || map === null) return fail('The index has no weight_map.');
  const files = [...new Set(Object.values(map))];
  // A name with a path in it could point anywhere on the machine.
  if (
    !files.every(
      (file) => typeof file === 'string' && basename(file) === file && file.endsWith('.safetensors'),
    )
  ) {
    return fail('The index names a file outside of its own folder.');
  }
  return (files as string[]).sort().map((file) => join(folder, file));
}

async function readExactly(
  handle: FileHandle,
  offset: number,
  length: number,
  file: string,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) {
      throw new RunScoringError('MODEL_CHECKPOINT', 'The file ends before its data does.', { at: { file } });
    }
    done += bytesRead;
  }
  return bytes;
}
