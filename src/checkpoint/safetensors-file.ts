import { type FileHandle, open } from 'node:fs/promises';
import { RunScoringError } from '../foundation/errors.js';
import { quoted } from './config-fields.js';
import { FLOAT_BYTES, isFloatDtype, toFloat32 } from './float-formats.js';
import {
  OPENING_BYTES,
  PREFIX_BYTES,
  parseHeader,
  readHeaderLength,
  type TensorEntry,
  truncated,
} from './safetensors-header.js';

/** Raw bytes read at a time: two such pieces are the whole memory of a reader. */
const PIECE_BYTES = 4 << 20;

/** One open .safetensors file. */
export class SafetensorsFile {
  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    readonly tensors: ReadonlyMap<string, TensorEntry>,
    readonly byteLength: number,
  ) {}

  /** @throws RunScoringError (MODEL_…) when the file is not whole and sound */
  static async open(path: string): Promise<SafetensorsFile> {
    let handle: FileHandle;
    try {
      handle = await open(path, 'r');
    } catch (cause) {
      throw new RunScoringError('MODEL_FILE_MISSING', 'This weights file cannot be opened.', {
        at: { file: path },
        cause,
      });
    }
    try {
      const { size } = await handle.stat();
      const opening = await readExactly(handle, 0, Math.min(OPENING_BYTES, size), path);
      const headerBytes = readHeaderLength(opening, size, path);
      const json = await readExactly(handle, PREFIX_BYTES, headerBytes, path);
      return new SafetensorsFile(path, handle, parseHeader(json, size, path), size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Float32 values of elements `first` to `first + count - 1` of a tensor, counted in row-major order.
   * The next piece is read from disk while the last one is converted.
   */
  async readElements(
    name: string,
    first: number,
    count: number,
    target: Float32Array = new Float32Array(count),
  ): Promise<Float32Array> {
    const entry = this.tensors.get(name)!;
    const { dtype } = entry;
    if (!isFloatDtype(dtype)) throw wrongDtype(this.path, name, dtype);
    const width = FLOAT_BYTES[dtype];
    if (first < 0 || count < 0 || (first + count) * width > entry.byteLength) {
      throw new RangeError(`elements ${first} to ${first + count} of ${name}`);
    }
    const start = entry.byteOffset + first * width;
    const total = count * width;
    const pieces = [0, 1].map(() => Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, total)));
    let turn = 0;
    const readPiece = (done: number): Promise<Uint8Array> => {
      const piece = pieces[turn++ % 2]!.subarray(0, Math.min(PIECE_BYTES, total - done));
      return fillFrom(this.handle, start + done, piece, this.path);
    };
    let next = total > 0 ? readPiece(0) : undefined;
    for (let done = 0; next !== undefined; ) {
      const piece = await next;
      const at = done / width;
      done += piece.byteLength;
      next = done < total ? readPiece(done) : undefined;
      toFloat32(dtype, piece, target, at);
    }
    return target.subarray(0, count);
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

export function wrongDtype(file: string, name: string, dtype: string): RunScoringError {
  return new RunScoringError('MODEL_TENSOR_DTYPE', `Tensor ${quoted(name)} is ${dtype}.`, {
    at: { file },
    hint: 'Weights must be BF16, F16 or F32.',
  });
}

/** Reads the whole range, in as many steps as the system needs; the result starts at offset 0 of its buffer. */
async function readExactly(
  handle: FileHandle,
  position: number,
  length: number,
  file: string,
): Promise<Uint8Array> {
  return fillFrom(handle, position, Buffer.allocUnsafeSlow(length), file);
}

async function fillFrom(
  handle: FileHandle,
  position: number,
  bytes: Uint8Array,
  file: string,
): Promise<Uint8Array> {
  const { length } = bytes;
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0)
      throw truncated(file, `byte ${position + filled} is missing; it may have been changed meanwhile`);
    filled += bytesRead;
  }
  return bytes;
}
