import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileSystem } from './file-system.js';
import { systemFailure } from './system-failure.js';

export interface SpooledInput {
  readonly path: string;
  /** Removes the copy; never throws. */
  remove(): Promise<void>;
}

/**
 * Copies a stream, such as stdin, into a private file (0600), because every model reads the table anew.
 * @throws RunScoringError INPUT_SPOOL when there is no room for it
 */
export async function spoolInput(
  fileSystem: FileSystem,
  stream: AsyncIterable<Uint8Array>,
  folder: string = tmpdir(),
): Promise<SpooledInput> {
  const path = join(folder, `.run-scoring-stdin-${randomBytes(8).toString('hex')}.csv`);
  const remove = () => fileSystem.remove(path).catch(() => {});
  try {
    const file = await fileSystem.open(path, 'create');
    try {
      for await (const chunk of stream)
        await file.write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    } finally {
      await file.close();
    }
  } catch (error) {
    await remove();
    throw systemFailure(error, 'INPUT_SPOOL', 'The input cannot be kept in a temporary file', path);
  }
  return { path, remove };
}
