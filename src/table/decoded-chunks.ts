import type { OpenFile } from './file-system.js';
import { createTextDecoding, type Encoding } from './text-encoding.js';

const CHUNK_BYTES = 256 * 1024;

export interface ChunkSource {
  readonly file: OpenFile;
  /** For error messages. */
  readonly name: string;
  readonly encoding: Encoding;
  /** Bytes to leave out at the front: the byte order mark. */
  readonly skip: number;
}

/** The file as chunks of valid UTF-8, each in memory of its own. @throws RunScoringError INPUT_ENCODING */
export async function* decodedChunks(source: ChunkSource): AsyncGenerator<Buffer, void, undefined> {
  const decoding = createTextDecoding(source.encoding, source.name);
  let position = 0;
  const { size } = await source.file.facts();
  for (;;) {
    const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, Math.max(1, size - position)));
    const length = await source.file.read(chunk, position);
    if (length === 0) break;
    const bytes = chunk.subarray(0, length);
    const text = decoding.decode(position === 0 ? bytes.subarray(source.skip) : bytes, false);
    position += length;
    if (text.length > 0) yield text;
  }
  const text = decoding.decode(Buffer.alloc(0), true);
  if (text.length > 0) yield text;
}
