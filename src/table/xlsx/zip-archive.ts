import { Readable } from 'node:stream';
import zlib from 'node:zlib';
import yauzl from 'yauzl';
import { RunScoringError } from '../../foundation/errors.js';
import { tooLarge } from '../damaged-file.js';
import type { OpenInput } from '../open-input.js';

const READ_BYTES = 256 * 1024;
/** A workbook has a few parts a sheet; more than this is no workbook. */
const MAX_ENTRIES = 10_000;
/** Of one part, unpacked. The largest sheet that Excel can hold with a short text in each row is far below. */
const MAX_PART_BYTES = 4 * 1024 ** 3;

/** The parts of an open zip file, unpacked as they are read: memory does not grow with them. */
export interface ZipArchive {
  has(name: string): boolean;
  /**
   * @param limit most bytes that the part may have
   * @throws RunScoringError INPUT_DAMAGED, INPUT_TOO_LARGE; the zip reader's own errors
   */
  read(name: string, limit?: number): AsyncGenerator<Buffer, void, undefined>;
}

/** Reads the list of parts. */
export async function openZip(input: OpenInput): Promise<ZipArchive> {
  const zip = await yauzl.fromRandomAccessReaderPromise(new InputReader(input), input.facts.size, {
    autoClose: false,
    lazyEntries: true,
    strictFileNames: true,
  });
  if (zip.entryCount > MAX_ENTRIES) {
    throw tooLarge(input.name, `The file has more than ${MAX_ENTRIES} parts.`, 'Is it a workbook?');
  }
  const entries = new Map<string, yauzl.Entry>();
  for await (const entry of zip.eachEntry()) {
    // Two parts of one name would be read differently by different programs.
    if (entries.has(entry.fileName)) throw damaged(input.name);
    entries.set(entry.fileName, entry);
  }
  return {
    has: (name) => entries.has(name),
    read: (name, limit = MAX_PART_BYTES) => {
      const entry = entries.get(name);
      if (entry === undefined) throw damaged(input.name);
      return readPart(zip, entry, Math.min(limit, MAX_PART_BYTES), input.name);
    },
  };
}

async function* readPart(
  zip: yauzl.ZipFile,
  entry: yauzl.Entry,
  limit: number,
  file: string,
): AsyncGenerator<Buffer, void, undefined> {
  // What the zip file says of a size is a claim; yauzl stops where the part turns out to be longer than claimed.
  if (entry.uncompressedSize > limit) {
    throw tooLarge(file, 'A part of the workbook is too large.', 'Save the sheet as CSV.');
  }
  if (!entry.canDecodeFileData()) throw damaged(file);
  const stream = await zip.openReadStreamPromise(entry);
  // Node 20 has crc32 from 20.15 on; before that a flipped bit may pass where it still unpacks.
  const { crc32 } = zlib;
  let sum = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (crc32 !== undefined) sum = crc32(chunk, sum);
      yield chunk;
    }
  } finally {
    stream.destroy();
  }
  if (crc32 !== undefined && sum !== entry.crc32) throw damaged(file);
}

function damaged(file: string): RunScoringError {
  return new RunScoringError('INPUT_DAMAGED', 'The file is no whole XLSX workbook.', { at: { file } });
}

/** Reads of the open file, for yauzl. The table closes the file. */
class InputReader extends yauzl.RandomAccessReader {
  readonly #input: OpenInput;

  constructor(input: OpenInput) {
    super();
    this.#input = input;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#chunks(start, end), { objectMode: false });
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }

  async *#chunks(start: number, end: number): AsyncGenerator<Buffer, void, undefined> {
    for (let at = start; at < end; ) {
      const chunk = Buffer.allocUnsafe(Math.min(READ_BYTES, end - at));
      const length = await this.#input.file.read(chunk, at);
      if (length === 0) return;
      at += length;
      yield chunk.subarray(0, length);
    }
  }
}
