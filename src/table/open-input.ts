import { RunScoringError } from '../foundation/errors.js';
import type { FileFacts, FileSystem, OpenFile } from './file-system.js';
import { systemFailure } from './system-failure.js';

/** A file that is read several times, and must stay as it is meanwhile. */
export interface OpenInput {
  readonly file: OpenFile;
  /** What messages call it. */
  readonly name: string;
  readonly facts: FileFacts;
}

/**
 * Opens an input and hands it to `use`; closes it when that fails.
 * @throws RunScoringError INPUT_NOT_FOUND, INPUT_UNREADABLE, and what `use` throws
 */
export async function openInput<T>(
  fileSystem: FileSystem,
  path: string,
  name: string,
  use: (input: OpenInput) => Promise<T>,
): Promise<T> {
  let file: OpenFile;
  try {
    file = await fileSystem.open(path, 'read');
  } catch (error) {
    throw unreadable(error, name);
  }
  try {
    return await use({ file, name, facts: await file.facts() });
  } catch (error) {
    await file.close().catch(() => {});
    throw unreadable(error, name);
  }
}

/** The passes over a file must all see the same bytes. @throws RunScoringError INPUT_CHANGED */
export async function checkUnchanged({ file, name, facts }: OpenInput): Promise<void> {
  const now = await file.facts();
  if (now.size === facts.size && now.modified === facts.modified) return;
  throw new RunScoringError('INPUT_CHANGED', 'The file was changed while it was being read.', {
    at: { file: name },
    hint: 'Start again once nothing writes to it.',
  });
}

/** A coded error of its own for what the system says; other errors as they are. */
export function unreadable(error: unknown, name: string): unknown {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  const code = missing ? 'INPUT_NOT_FOUND' : 'INPUT_UNREADABLE';
  return systemFailure(error, code, missing ? 'The input was not found' : 'The input cannot be read', name);
}
