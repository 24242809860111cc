import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rmdir,
  stat,
  unlink,
} from 'node:fs/promises';

/** The facts of a file that the table code asks for. */
export interface FileFacts {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly size: number;
  /** Nanoseconds; only compared for equality. */
  readonly modified: bigint;
  /** Device and inode: two paths with the same identity are one file. */
  readonly identity: string;
}

export interface OpenFile {
  /** Bytes read into the front of `target`, fewer than its length only near the end; 0 at the end. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Appends all of `bytes`. */
  write(bytes: Uint8Array): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Resolves when the bytes are on the disk. */
  sync(): Promise<void>;
  facts(): Promise<FileFacts>;
  close(): Promise<void>;
}

/**
 * Every file-system call of the table code goes through this port, so that a test can make the nth one fail.
 * Failures are Node's own errors (`code` such as ENOSPC).
 */
export interface FileSystem {
  /** `read` needs the file; `append` keeps what is there; `create` fails with EEXIST when the path exists. */
  open(path: string, mode: 'read' | 'append' | 'create'): Promise<OpenFile>;
  /** Follows links. */
  facts(path: string): Promise<FileFacts>;
  /** Does not follow links. */
  linkFacts(path: string): Promise<FileFacts>;
  realPath(path: string): Promise<string>;
  /** Private to the user (0700). Fails with EEXIST. */
  makeFolder(path: string): Promise<void>;
  /** Names, sorted. */
  list(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  removeFolder(path: string): Promise<void>;
  /** Makes renames and new names in the folder last through a power cut. */
  syncFolder(path: string): Promise<void>;
}

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
const FLAGS = { read: 'r', append: 'a+', create: 'wx+' } as const;

export const nodeFileSystem: FileSystem = {
  open: async (path, mode) => new NodeOpenFile(await open(path, FLAGS[mode], PRIVATE_FILE)),
  facts: async (path) => toFacts(await stat(path, { bigint: true })),
  linkFacts: async (path) => toFacts(await lstat(path, { bigint: true })),
  realPath: (path) => realpath(path),
  makeFolder: async (path) => void (await mkdir(path, PRIVATE_FOLDER)),
  list: async (path) => (await readdir(path)).sort(),
  rename,
  remove: unlink,
  removeFolder: rmdir,
  async syncFolder(path) {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

class NodeOpenFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.read(target, 0, target.length, position)).bytesRead;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += (await this.#handle.write(bytes, done, bytes.length - done)).bytesWritten;
    }
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  async facts(): Promise<FileFacts> {
    return toFacts(await this.#handle.stat({ bigint: true }));
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

type NodeStats = Awaited<ReturnType<typeof bigintStat>>;
const bigintStat = (path: string) => stat(path, { bigint: true });

function toFacts(stats: NodeStats): FileFacts {
  const kind = stats.isFile()
    ? 'file'
    : stats.isDirectory()
      ? 'folder'
      : stats.isSymbolicLink()
        ? 'link'
        : 'other';
  return {
    kind,
    size: Number(stats.size),
    modified: stats.mtimeNs,
    identity: `${stats.dev}:${stats.ino}`,
  };
}
