import type { FileFacts, FileSystem, OpenFile } from '../../src/table/file-system.js';

interface MemoryFile {
  bytes: Buffer;
  length: number;
  identity: string;
  modified: bigint;
}

/** A file system in memory: fast, and its whole state can be copied and compared. Paths are absolute; no links. */
export class MemoryFileSystem implements FileSystem {
  readonly files = new Map<string, MemoryFile>();
  readonly folders = new Set<string>(['/', '/folder']);
  #clock = 0n;

  put(path: string, content: string | Buffer): void {
    const bytes = Buffer.from(content);
    this.files.set(path, {
      bytes,
      length: bytes.length,
      identity: `${++this.#clock}`,
      modified: this.#clock,
    });
  }

  get(path: string): Buffer | undefined {
    const file = this.files.get(path);
    return file === undefined ? undefined : Buffer.from(file.bytes.subarray(0, file.length));
  }

  text(path: string): string | undefined {
    return this.get(path)?.toString('utf8');
  }

  clone(): MemoryFileSystem {
    const copy = new MemoryFileSystem();
    for (const path of this.folders) copy.folders.add(path);
    for (const [path, file] of this.files) copy.files.set(path, { ...file, bytes: Buffer.from(file.bytes) });
    copy.#clock = this.#clock;
    return copy;
  }

  async open(path: string, mode: 'read' | 'append' | 'create'): Promise<OpenFile> {
    if (this.folders.has(path)) throw systemError('EISDIR');
    if (!this.folders.has(parent(path))) throw systemError('ENOENT');
    if (mode === 'create' && this.files.has(path)) throw systemError('EEXIST');
    if (mode === 'read' && !this.files.has(path)) throw systemError('ENOENT');
    if (!this.files.has(path)) this.put(path, '');
    return this.#handle(this.files.get(path)!);
  }

  #handle(file: MemoryFile): OpenFile {
    let open = true;
    const check = () => {
      if (!open) throw systemError('EBADF');
    };
    return {
      read: async (target, position) => {
        check();
        return file.bytes.copy(target, 0, position, Math.min(file.length, position + target.length));
      },
      write: async (bytes) => {
        check();
        if (file.length + bytes.length > file.bytes.length) {
          const larger = Buffer.alloc(2 * (file.length + bytes.length));
          file.bytes.copy(larger, 0, 0, file.length);
          file.bytes = larger;
        }
        file.bytes.set(bytes, file.length);
        file.length += bytes.length;
        file.modified = ++this.#clock;
      },
      truncate: async (length) => {
        check();
        file.length = Math.min(file.length, length);
        file.modified = ++this.#clock;
      },
      sync: async () => check(),
      facts: async () => {
        check();
        return factsOf(file);
      },
      close: async () => {
        check();
        open = false;
      },
    };
  }

  async facts(path: string): Promise<FileFacts> {
    if (this.folders.has(path)) return { kind: 'folder', size: 0, modified: 0n, identity: `folder ${path}` };
    const file = this.files.get(path);
    if (file === undefined) throw systemError('ENOENT');
    return factsOf(file);
  }

  linkFacts(path: string): Promise<FileFacts> {
    return this.facts(path);
  }

  async realPath(path: string): Promise<string> {
    await this.facts(path);
    return path;
  }

  async makeFolder(path: string): Promise<void> {
    if (this.folders.has(path) || this.files.has(path)) throw systemError('EEXIST');
    if (!this.folders.has(parent(path))) throw systemError('ENOENT');
    this.folders.add(path);
  }

  async list(path: string): Promise<string[]> {
    if (!this.folders.has(path)) throw systemError('ENOENT');
    const prefix = path === '/' ? '/' : `${path}/`;
    return [...this.files.keys(), ...this.folders]
      .filter((name) => name.startsWith(prefix) && name !== path && !name.slice(prefix.length).includes('/'))
      .map((name) => name.slice(prefix.length))
      .sort();
  }

  async rename(from: string, to: string): Promise<void> {
    const file = this.files.get(from);
    if (file === undefined) throw systemError('ENOENT');
    this.files.delete(from);
    this.files.set(to, file);
  }

  async remove(path: string): Promise<void> {
    if (!this.files.delete(path)) throw systemError('ENOENT');
  }

  async removeFolder(path: string): Promise<void> {
    if (!this.folders.has(path)) throw systemError('ENOENT');
    if ((await this.list(path)).length > 0) throw systemError('ENOTEMPTY');
    this.folders.delete(path);
  }

  async syncFolder(path: string): Promise<void> {
    if (!this.folders.has(path)) throw systemError('ENOENT');
  }
}

function factsOf(file: MemoryFile): FileFacts {
  return { kind: 'file', size: file.length, modified: file.modified, identity: file.identity };
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made up`), { code });
}
