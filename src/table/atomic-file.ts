import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import type { FileSystem, OpenFile } from './file-system.js';

/**
 * A file that appears under its name only when it is whole: written beside it under a hidden name (0600), synced,
 * renamed over it, and the folder synced. Whatever stood there before stays until then.
 */
export class AtomicFile {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #draft: string;
  readonly #file: OpenFile;

  private constructor(fileSystem: FileSystem, path: string, draft: string, file: OpenFile) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#draft = draft;
    this.#file = file;
  }

  static async create(fileSystem: FileSystem, path: string): Promise<AtomicFile> {
    const draft = join(dirname(path), `${draftPrefix(path)}${randomBytes(6).toString('hex')}`);
    return new AtomicFile(fileSystem, path, draft, await fileSystem.open(draft, 'create'));
  }

  write(bytes: Buffer): Promise<void> {
    return this.#file.write(bytes);
  }

  /** Puts the file in place. When it throws, call {@link discard}; the old file may already have been replaced. */
  async commit(): Promise<void> {
    await this.#file.sync();
    await this.#file.close();
    await this.#fileSystem.rename(this.#draft, this.#path);
    await this.#fileSystem.syncFolder(dirname(this.#path));
  }

  /** Leaves no trace; never throws. */
  async discard(): Promise<void> {
    await this.#file.close().catch(() => {});
    await this.#fileSystem.remove(this.#draft).catch(() => {});
  }
}

function draftPrefix(path: string): string {
  return `.${basename(path)}.draft-`;
}

/** Removes drafts that a killed process left beside `path`. Only for who holds the lock of `path`; never throws. */
export async function removeDrafts(fileSystem: FileSystem, path: string): Promise<void> {
  const folder = dirname(path);
  const names = await fileSystem.list(folder).catch(() => []);
  for (const name of names) {
    if (name.startsWith(draftPrefix(path))) await fileSystem.remove(join(folder, name)).catch(() => {});
  }
}

/** A small file written at once in the same way. */
export async function replaceFile(fileSystem: FileSystem, path: string, bytes: Buffer): Promise<void> {
  const file = await AtomicFile.create(fileSystem, path);
  try {
    await file.write(bytes);
    await file.commit();
  } catch (error) {
    await file.discard();
    throw error;
  }
}
