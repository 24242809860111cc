import type { FileSystem } from './file-system.js';
import { systemFailure } from './system-failure.js';
import { sweepTemporaryFiles, temporaryPath } from './temporary-files.js';

export interface SpooledInput {
  readonly path: string;
  /** Removes the copy; who has it open can go on reading. Never throws, and may be called twice. */
  remove(): Promise<void>;
}

/**
 * Copies a stream, such as stdin, into a private file (0600), because every model reads the table anew.
 * @throws RunScoringError INPUT_SPOOL when there is no room for it
 */
export async function spoolInput(
  fileSystem: FileSystem,
  stream: AsyncIterable<Uint8Array>,
  folder?: string,
): Promise<SpooledInput> {
  await sweepTemporaryFiles(fileSystem, folder);
  const path = await temporaryPath(folder);
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
