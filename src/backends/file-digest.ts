import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { RunScoringError } from '../foundation/errors.js';

/** SHA-256 of a file's content in hexadecimal, read in pieces. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Uint8Array);
  } catch (cause) {
    throw new RunScoringError('MODEL_FILE_MISSING', 'This model file cannot be read.', {
      at: { file: path },
      cause,
    });
  }
  return hash.digest('hex');
}
