import { basename, dirname, join, resolve } from 'node:path';
import { RunScoringError } from '../foundation/errors.js';
import type { FileFacts, FileSystem } from './file-system.js';
import { systemCode } from './system-failure.js';
import { splitSheet } from './table-kind.js';

/** A file that is to be written. */
export interface OutputTarget {
  /** As the user gave it, for messages; `#Sheet` may stand behind it. */
  readonly given: string;
  /** Absolute, with all links followed: renaming onto a link would replace the link and not its file. */
  readonly path: string;
  readonly folder: string;
  /** Where a run keeps its journal until the output is complete: `.<name>.run-scoring`, beside the output. */
  readonly runFolder: string;
  readonly exists: boolean;
}

const NAME_A_FILE = 'Name a file, or write to stdout with --output -.';

/**
 * Finds out where the output goes and whether it may go there. Writes nothing.
 * @param inputIdentity identity of the open input (see `FileFacts.identity`), so that links are seen through
 * @throws RunScoringError OUTPUT_FOLDER_MISSING, OUTPUT_NOT_A_FILE, OUTPUT_IS_INPUT
 */
export async function resolveOutput(
  fileSystem: FileSystem,
  given: string,
  inputIdentity: string,
): Promise<OutputTarget> {
  const at = { file: given };
  const named = splitSheet(given).path;
  const absolute = resolve(named);
  // What the shell sent stdout to would be replaced, not written to.
  const isStdout = /^\/(?:dev\/(?:std|fd\/)|proc\/)/.test(absolute);
  if (isStdout || /[/\\]$/.test(named)) {
    throw new RunScoringError(
      'OUTPUT_NOT_A_FILE',
      `The output is ${isStdout ? 'a device or pipe' : 'a folder'}.`,
      {
        at,
        hint: NAME_A_FILE,
      },
    );
  }
  let folder: string;
  try {
    folder = await fileSystem.realPath(dirname(absolute));
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw error;
    throw new RunScoringError('OUTPUT_FOLDER_MISSING', 'The folder of the output does not exist.', {
      at,
      hint: 'Create it first.',
    });
  }
  let path = join(folder, basename(absolute));
  let facts = await factsOrNothing(() => fileSystem.linkFacts(path));
  if (facts?.kind === 'link') {
    const target = await factsOrNothing(() => fileSystem.facts(path));
    if (target === undefined) {
      throw new RunScoringError('OUTPUT_NOT_A_FILE', 'The output is a link that leads nowhere.', { at });
    }
    path = await fileSystem.realPath(path);
    facts = target;
  }
  if (facts !== undefined && facts.kind !== 'file') {
    // A rename would put a plain file where a device or pipe stood.
    const what = facts.kind === 'folder' ? 'a folder' : 'a device or pipe';
    throw new RunScoringError('OUTPUT_NOT_A_FILE', `The output is ${what}.`, {
      at,
      hint: NAME_A_FILE,
    });
  }
  if (facts?.identity === inputIdentity) {
    throw new RunScoringError('OUTPUT_IS_INPUT', 'Output and input are the same file.', {
      at,
      hint: 'Choose another output; the input is never changed.',
    });
  }
  return { given, path, folder: dirname(path), runFolder: runFolderOf(path), exists: facts !== undefined };
}

/** @param path of an output, with all links followed */
export function runFolderOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.run-scoring`);
}

/** @throws RunScoringError OUTPUT_EXISTS */
export async function refuseExisting(fileSystem: FileSystem, target: OutputTarget): Promise<void> {
  if ((await factsOrNothing(() => fileSystem.linkFacts(target.path))) === undefined) return;
  throw new RunScoringError('OUTPUT_EXISTS', 'The output exists already.', {
    at: { file: target.given },
    hint: 'Leave --no-clobber out to replace it.',
  });
}

async function factsOrNothing(look: () => Promise<FileFacts>): Promise<FileFacts | undefined> {
  try {
    return await look();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
