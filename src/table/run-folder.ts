import { join } from 'node:path';
import { replaceFile } from './atomic-file.js';
import type { FileSystem, OpenFile } from './file-system.js';
import { acquireLock, type OutputLock } from './output-lock.js';
import type { OutputTarget } from './output-target.js';
import { systemCode } from './system-failure.js';
import { sweepTemporaryFiles, temporaryPath } from './temporary-files.js';

const STATE_FILE = 'run.json';
const MAX_STATE_BYTES = 4 * 1024 * 1024;

/** The hidden folder (0700) in which a run keeps its lock, its journals and what it must know to be resumed. */
export class RunFolder {
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #lock: OutputLock;
  readonly #isTemporary: boolean;

  private constructor(fileSystem: FileSystem, path: string, lock: OutputLock, isTemporary: boolean) {
    this.#fileSystem = fileSystem;
    this.path = path;
    this.#lock = lock;
    this.#isTemporary = isTemporary;
  }

  /** The folder of an output, locked. @throws RunScoringError OUTPUT_LOCKED */
  static async open(fileSystem: FileSystem, target: OutputTarget): Promise<RunFolder> {
    for (;;) {
      // Without the sync a power cut could take the folder away with all that was synced in it.
      if (await makeFolder(fileSystem, target.runFolder)) await fileSystem.syncFolder(target.folder);
      try {
        const lock = await acquireLock(fileSystem, target.runFolder, target.given);
        return new RunFolder(fileSystem, target.runFolder, lock, false);
      } catch (error) {
        // The run before us has just removed its empty folder.
        if (systemCode(error) !== 'ENOENT') throw error;
      }
    }
  }

  /** A folder for a run that nobody can resume, such as one to stdout. */
  static async temporary(fileSystem: FileSystem): Promise<RunFolder> {
    await sweepTemporaryFiles(fileSystem);
    const path = await temporaryPath();
    await fileSystem.makeFolder(path);
    return new RunFolder(fileSystem, path, { release: async () => {} }, true);
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** What the last run left, or undefined when there is nothing of use. */
  readState(): Promise<Record<string, unknown> | undefined> {
    return readRunState(this.#fileSystem, this.path);
  }

  writeState(state: object): Promise<void> {
    return replaceFile(this.#fileSystem, this.file(STATE_FILE), Buffer.from(`${JSON.stringify(state)}\n`));
  }

  /** Removes journals and drafts; `all` takes the state along. */
  async clear(all: boolean): Promise<void> {
    for (const name of await this.#fileSystem.list(this.path)) {
      const isLock = name.startsWith('lock.');
      if (isLock || (!all && name === STATE_FILE)) continue;
      await this.#fileSystem.remove(this.file(name));
    }
  }

  /** Gives the lock back, and leaves no empty folder behind. Never throws. */
  async release(): Promise<void> {
    if (this.#isTemporary) await this.clear(true).catch(() => {});
    await this.#lock.release();
    await this.#fileSystem.removeFolder(this.path).catch(() => {});
  }
}

/** What the last run left in a folder that need not be locked, or be there; undefined when there is nothing of use. */
export async function readRunState(
  fileSystem: FileSystem,
  folder: string,
): Promise<Record<string, unknown> | undefined> {
  let file: OpenFile;
  try {
    file = await fileSystem.open(join(folder, STATE_FILE), 'read');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const bytes = Buffer.alloc(Math.min((await file.facts()).size, MAX_STATE_BYTES));
    const value: unknown = JSON.parse(bytes.subarray(0, await file.read(bytes, 0)).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}

/** False when it was there already. */
async function makeFolder(fileSystem: FileSystem, path: string): Promise<boolean> {
  try {
    await fileSystem.makeFolder(path);
    return true;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return false;
  }
}
