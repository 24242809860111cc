import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type CompressionCodec, type Compressors, snappyUncompress } from 'hyparquet';
import { decompressLz4, decompressLz4Raw, decompressZstd } from 'hyparquet-compressors';

const DECOMPRESSORS: Compressors = {
  SNAPPY: (input, length) => {
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
