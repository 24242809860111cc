import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunScoringError } from '../foundation/errors.js';
import { fileDigest } from './file-digest.js';

/** File that lists a model's files in `sha256sum`'s form. */
export const CHECKSUM_FILE = 'SHA256SUMS';

/**
 * Compares a model's files with its SHA256SUMS, where it has one: a flipped bit in weights loads without complaint
 * and answers wrongly.
 * @throws RunScoringError MODEL_FILE_DAMAGED naming the file that differs
 */
export async function verifyChecksums(folder: string): Promise<void> {
  const list = await readFile(join(folder, CHECKSUM_FILE), 'utf8').catch(() => null);
  if (list === null) return;
  for (const line of list.split('\n')) {
    const match = /^([0-9a-f]{64}) [ *](.+)$/.exec(line);
    if (match === null) continue;
    const file = join(folder, match[2]!);
    if ((await fileDigest(file)) !== match[1]) {
      throw new RunScoringError(
        'MODEL_FILE_DAMAGED',
        `This file differs from its checksum in ${CHECKSUM_FILE}.`,
        {
          at: { file },
          hint: 'Restore it from where the model came from.',
        },
      );
    }
  }
}
