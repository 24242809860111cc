import type { FileSystem, OpenFile } from '../../src/table/file-system.js';
import { systemError } from '../table/memory-file-system.js';

/**
 * Passes calls on to `inner` and counts them. Where `fault` gives a code, the call fails with it and does nothing;
 * a failing write first writes half of its bytes, as a full disk does.
 */
export class FaultyFileSystem implements FileSystem {
  calls = 0;
  /** What was called, for messages. */
  readonly log: string[] = [];

  constructor(
    private readonly inner: FileSystem,
    private readonly fault: (call: number, name: string) => string | undefined,
  ) {}

  #next(name: string): void {
    this.calls += 1;
    this.log.push(name);
    const code = this.fault(this.calls, name);
    if (code !== undefined) throw systemError(code);
  }

  async open(path: string, mode: 'read' | 'append' | 'create'): Promise<OpenFile> {
    this.#next(`open ${mode} ${path}`);
    const file = await this.inner.open(path, mode);
    const step = (name: string) => this.#next(`${name} ${path}`);
    return {
      read: async (target, position) => {
        step('read');
        return file.read(target, position);
      },
      write: async (bytes) => {
        try {
          step('write');
        } catch (error) {
          await file.write(bytes.subarray(0, bytes.length >> 1));
          throw error;
        }
        await file.write(bytes);
      },
      truncate: async (length) => {
        step('truncate');
        await file.truncate(length);
      },
      sync: async () => {
        step('sync');
        await file.sync();
      },
      facts: async () => {
        step('facts');
        return file.facts();
      },
      close: async () => {
        // The system closes a file also when close reports an error.
        await file.close();
        step('close');
      },
    };
  }

  async facts(path: string) {
    this.#next(`facts ${path}`);
    return this.inner.facts(path);
  }
  async linkFacts(path: string) {
    this.#next(`linkFacts ${path}`);
    return this.inner.linkFacts(path);
  }
  async realPath(path: string) {
    this.#next(`realPath ${path}`);
    return this.inner.realPath(path);
  }
  async makeFolder(path: string) {
    this.#next(`makeFolder ${path}`);
    return this.inner.makeFolder(path);
  }
  async list(path: string) {
    this.#next(`list ${path}`);
    return this.inner.list(path);
  }
  async rename(from: string, to: string) {
    this.#next(`rename ${from}`);
    return this.inner.rename(from, to);
  }
  async remove(path: string) {
    this.#next(`remove ${path}`);
    return this.inner.remove(path);
  }
  async removeFolder(path: string) {
    this.#next(`removeFolder ${path}`);
    return this.inner.removeFolder(path);
  }
  async syncFolder(path: string) {
    this.#next(`syncFolder ${path}`);
    return this.inner.syncFolder(path);
  }
}
