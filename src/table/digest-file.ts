import { createHash } from 'node:crypto';
import type { OpenFile } from './file-system.js';

const CHUNK_BYTES = 1024 * 1024;

/** SHA-256 of all bytes of the file, in hexadecimal. */
export async function digestFile(file: OpenFile): Promise<string> {
  const hash = createHash('sha256');
  const { size } = await file.facts();
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size + 1));
  let position = 0;
  for (;;) {
    const length = await file.read(chunk, position);
    if (length === 0) return hash.digest('hex');
    hash.update(chunk.subarray(0, length));
    position += length;
  }
}
