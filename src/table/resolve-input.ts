import { createReadStream } from 'node:fs';
import type { FileSystem } from './file-system.js';
import { systemFailure } from './system-failure.js';
import { splitSheet } from './table-kind.js';
import { sweepTemporaryFiles, temporaryPath } from './temporary-files.js';

export interface InputFile {
  /** A plain file, which can be read more than once. */
  readonly path: string;
  /** What messages call it: the path as it was given, which also tells the format and the sheet. */
  readonly name: string;
  /**
   * Removes the copy, if it is one; who has it open can go on reading. To be called as soon as the file is open, so
   * that a killed run leaves no copy. Never throws, and may be called twice.
   */
  removeCopy(): Promise<void>;
}

/**
 * Makes an input readable as a file: `-` (stdin), pipes and devices are copied into a private temporary file (0600),
 * because every model reads the table anew. Whether a plain file can be read shows when it is opened.
 * @throws RunScoringError INPUT_SPOOL when there is no room for the copy
 */
export async function resolveInput(
  fileSystem: FileSystem,
  path: string,
  stdin: AsyncIterable<Uint8Array> = process.stdin,
): Promise<InputFile> {
  if (path === '-') return spool(fileSystem, stdin, 'stdin');
  const file = splitSheet(path).path;
  const facts = await fileSystem.facts(file).catch(() => undefined);
  if (facts?.kind === 'other') return spool(fileSystem, createReadStream(file), path);
  return { path: file, name: path, removeCopy: async () => {} };
}

async function spool(
  fileSystem: FileSystem,
  stream: AsyncIterable<Uint8Array>,
  name: string,
): Promise<InputFile> {
  await sweepTemporaryFiles(fileSystem);
  const path = await temporaryPath();
  const removeCopy = () => fileSystem.remove(path).catch(() => {});
  try {
    const file = await fileSystem.open(path, 'create');
    try {
      for await (const chunk of stream)
        await file.write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    } finally {
      await file.close();
    }
  } catch (error) {
    await removeCopy();
    throw systemFailure(error, 'INPUT_SPOOL', 'The input cannot be copied into a temporary file', name);
  }
  return { path, name, removeCopy };
}
