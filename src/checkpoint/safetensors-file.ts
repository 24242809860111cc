import { type FileHandle, open } from 'node:fs/promises';
import { RunScoringError } from '../foundation/errors.js';
import { quoted } from './config-fields.js';
import { FLOAT_BYTES, type FloatDtype, isFloatDtype, toFloat16, toFloat32 } from './float-formats.js';
import {
  OPENING_BYTES,
  PREFIX_BYTES,
  parseHeader,
  readHeaderLength,
  type TensorEntry,
  truncated,
} from './safetensors-header.js';

/** Raw bytes read at a time: two such pieces are the whole memory of a reader. */
const PIECE_BYTES = 2 << 20;

/** One open .safetensors file. */
export class SafetensorsFile {
  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    readonly tensors: ReadonlyMap<string, TensorEntry>,
    readonly byteLength: number,
  ) {}

  /** Buffers of readers that are done, for the next ones: fresh ones would pile up until they are collected. */
  readonly #spare: [Buffer, Buffer][] = [];

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

  /** Float32 values of elements `first` to `first + count - 1` of a tensor, counted in row-major order. */
  async readElements(
    name: string,
    first: number,
    count: number,
    target: Float32Array = new Float32Array(count),
  ): Promise<Float32Array> {
    await this.#readPieces(name, first, count, (dtype, piece, at) => toFloat32(dtype, piece, target, at));
    return target.subarray(0, count);
  }

  /**
   * The same as float16 bits, each value's nearest.
   * @throws RunScoringError MODEL_TENSOR_RANGE where a finite value would become infinite
   */
  async readHalves(
    name: string,
    first: number,
    count: number,
    target: Uint16Array = new Uint16Array(count),
  ): Promise<Uint16Array> {
    await this.#readPieces(name, first, count, (dtype, piece, at) => {
      if (toFloat16(dtype, piece, target, at)) return;
      throw new RunScoringError('MODEL_TENSOR_RANGE', `Tensor ${quoted(name)} has values beyond float16.`, {
        at: { file: this.path },
        hint: 'Use quantization: 8bit or 4bit.',
      });
    });
    return target.subarray(0, count);
  }

  /** Hands out a tensor's bytes in pieces; the next is read from disk while the last one is converted. */
  async #readPieces(
    name: string,
    first: number,
    count: number,
    use: (dtype: FloatDtype, piece: Uint8Array, at: number) => void,
  ): Promise<void> {
    const entry = this.tensors.get(name)!;
    const { dtype } = entry;
    if (!isFloatDtype(dtype)) throw wrongDtype(this.path, name, dtype);
    const width = FLOAT_BYTES[dtype];
    if (first < 0 || count < 0 || (first + count) * width > entry.byteLength) {
      throw new RangeError(`elements ${first} to ${first + count} of ${name}`);
    }
    const start = entry.byteOffset + first * width;
    const total = count * width;
    const large = total >= PIECE_BYTES;
    const size = large ? PIECE_BYTES : total;
    const pieces = (large && this.#spare.pop()) || [
      Buffer.allocUnsafeSlow(size),
      Buffer.allocUnsafeSlow(size),
    ];
    let turn = 0;
    const readPiece = (done: number): Promise<Uint8Array> => {
      const piece = pieces[turn++ % 2]!.subarray(0, Math.min(size, total - done));
      return fillFrom(this.handle, start + done, piece, this.path);
    };
    let next = total > 0 ? readPiece(0) : undefined;
    for (let done = 0; next !== undefined; ) {
      const piece = await next;
      const at = done / width;
      done += piece.byteLength;
      next = done < total ? readPiece(done) : undefined;
      use(dtype, piece, at);
    }
    if (large) this.#spare.push(pieces);
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
