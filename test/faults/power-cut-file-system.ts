import type { OpenFile } from '../../src/table/file-system.js';
import { MemoryFileSystem, systemError } from '../table/memory-file-system.js';

/** What a power cut takes: everything that was not synced, or only the data and not the names. */
export type Loss = 'names and data' | 'data';

/**
 * A file system in memory whose power is cut at the nth call: from then on every call fails, and `afterCut` gives what
 * is found when the machine starts again. The bytes of a file last since its last sync; a name (created, renamed or
 * removed) lasts since its folder was last synced.
 */
export class PowerCutFileSystem extends MemoryFileSystem {
  calls = 0;
  readonly log: string[] = [];
  readonly #cutAt: number;
  /** Bytes at the last sync, by identity of the file. */
  readonly #synced = new Map<string, Buffer>();
  /** Identity by path, as of the last sync of each folder. */
  #names = new Map<string, string>();
  #folders = new Set<string>();

  constructor(start: MemoryFileSystem, cutAt: number) {
    super();
    this.#cutAt = cutAt;
    const copy = start.clone();
    for (const path of copy.folders) this.folders.add(path);
    for (const [path, file] of copy.files) {
      this.files.set(path, file);
      this.#synced.set(file.identity, Buffer.from(file.bytes.subarray(0, file.length)));
      this.#names.set(path, file.identity);
    }
    this.#folders = new Set(this.folders);
  }

  #step(name: string): void {
    this.calls += 1;
    this.log.push(name);
    if (this.calls >= this.#cutAt) throw systemError('EIO');
  }

  override async open(path: string, mode: 'read' | 'append' | 'create'): Promise<OpenFile> {
    this.#step(`open ${mode} ${path}`);
    // Files that are made later must not be given an identity that is in use.
    const isNew = !this.files.has(path);
    const file = await super.open(path, mode);
    if (isNew && this.files.has(path)) this.files.get(path)!.identity = `new ${this.calls}`;
    const made = this.files.get(path)!;
    const guarded = (name: string) => this.#step(`${name} ${path}`);
    return {
      read: async (target, position) => {
        guarded('read');
        return file.read(target, position);
      },
      write: async (bytes) => {
        guarded('write');
        await file.write(bytes);
      },
      truncate: async (length) => {
        guarded('truncate');
        await file.truncate(length);
      },
      sync: async () => {
        guarded('sync');
        this.#synced.set(made.identity, Buffer.from(made.bytes.subarray(0, made.length)));
      },
      facts: () => file.facts(),
      close: () => file.close(),
    };
  }

  override async rename(from: string, to: string): Promise<void> {
    this.#step(`rename ${from}`);
    await super.rename(from, to);
  }

  override async remove(path: string): Promise<void> {
    this.#step(`remove ${path}`);
    await super.remove(path);
  }

  override async makeFolder(path: string): Promise<void> {
    this.#step(`makeFolder ${path}`);
    await super.makeFolder(path);
  }

  override async syncFolder(path: string): Promise<void> {
    this.#step(`syncFolder ${path}`);
    const inside = (name: string) => name.slice(0, name.lastIndexOf('/')) === path;
    for (const name of [...this.#names.keys()]) if (inside(name)) this.#names.delete(name);
    for (const [name, file] of this.files) if (inside(name)) this.#names.set(name, file.identity);
    for (const name of this.folders) if (inside(name)) this.#folders.add(name);
  }

  afterCut(loss: Loss): MemoryFileSystem {
    const found = new MemoryFileSystem();
    const namesLast = loss === 'data';
    for (const path of namesLast ? this.folders : this.#folders) found.folders.add(path);
    const names = namesLast
      ? new Map([...this.files].map(([path, file]) => [path, file.identity]))
      : this.#names;
    for (const [path, identity] of names) {
      if (found.folders.has(path.slice(0, path.lastIndexOf('/')))) {
        found.put(path, this.#synced.get(identity) ?? '');
      }
    }
    return found;
  }
}
