import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type CompressionCodec, type Compressors, snappyUncompress } from 'hyparquet';
import { decompressLz4, decompressLz4Raw, decompressZstd } from 'hyparquet-compressors';

const DECOMPRESSORS: Compressors = {
  SNAPPY: (input, length) => {
    walkSnappy(input, length);
    const output = new Uint8Array(length);
    snappyUncompress(input, output);
    return output;
  },
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (input, length) => decompressZstd(input, new Uint8Array(length)),
  LZ4: decompressLz4,
  LZ4_RAW: decompressLz4Raw,
};

/** In bounded memory: no more than the page's header says. Throws a plain Error for what cannot be unpacked. */
export function decompress(codec: CompressionCodec, input: Uint8Array, length: number): Uint8Array {
  const decompressor = DECOMPRESSORS[codec];
  if (decompressor === undefined) throw new Error('codec');
  return decompressor(input, length);
}

export const CODECS = Object.keys(DECOMPRESSORS) as CompressionCodec[];

/** The reader's own decoder goes back and forth over lengths of four bytes that it takes for negative. */
function walkSnappy(input: Uint8Array, length: number): void {
  let at = 0;
  while (input[at++]! >= 128);
  let made = 0;
  while (at < input.length) {
    const tag = input[at++]!;
    const kind = tag & 3;
    if (kind !== 0) {
      made += kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
      at += kind === 3 ? 4 : kind;
      continue;
    }
    const extra = Math.max(0, (tag >> 2) - 59);
    let size = tag >> 2;
    if (extra > 0) size = Buffer.from(input.subarray(at, at + extra)).readUIntLE(0, extra);
    made += size + 1;
    at += extra + size + 1;
  }
  if (at !== input.length || made !== length) throw new Error('snappy');
}
