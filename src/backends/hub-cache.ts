import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import type { HubFile } from './hub-files.js';

export const COMMIT = /^[0-9a-f]{40}$/;

/** The cache folder that all programs around the hub share. */
export function defaultCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const home = env['HF_HOME'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'huggingface');
  return env['HF_HUB_CACHE'] ?? env['HUGGINGFACE_HUB_CACHE'] ?? join(home, 'hub');
}

/**
 * One repository in the cache, in the layout of the Python and JavaScript clients:
 * `models--owner--name/{refs/<revision>, blobs/<hash>, snapshots/<commit>/<path> -> ../../blobs/<hash>}`.
 */
export class RepositoryCache {
  readonly folder: string;

  constructor(cacheFolder: string, modelId: string) {
    this.folder = join(cacheFolder, ['models', ...modelId.split('/')].join('--'));
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  blob(hash: string): string {
    return join(this.folder, 'blobs', hash);
  }

  /** The commit a branch or tag pointed to when it was last fetched. */
  async commitOf(revision: string): Promise<string | null> {
    if (COMMIT.test(revision)) return revision;
    const text = await readFile(join(this.folder, 'refs', revision), 'utf8').catch(() => '');
    return COMMIT.test(text.trim()) ? text.trim() : null;
  }

  async writeRef(revision: string, commit: string): Promise<void> {
    if (revision === commit) return;
    await writeAtomically(join(this.folder, 'refs', revision), commit);
  }

  /** What the hub listed for a commit when it was last asked; commits never change. */
  async readTree(commit: string): Promise<HubFile[] | null> {
    const text = await readFile(this.#tree(commit), 'utf8').catch(() => null);
    try {
      return text === null ? null : (JSON.parse(text) as HubFile[]);
    } catch {
      return null;
    }
  }

  async writeTree(commit: string, files: readonly HubFile[]): Promise<void> {
    await writeAtomically(this.#tree(commit), JSON.stringify(files));
  }

  #tree(commit: string): string {
    return join(this.folder, 'run-scoring', `${commit}.json`);
  }

  /** Paths of a snapshot whose content is there. */
  async list(commit: string): Promise<string[]> {
    const folder = this.snapshot(commit);
    const names = await readdir(folder, { recursive: true }).catch(() => [] as string[]);
    const paths: string[] = [];
    for (const name of names)
      if ((await sizeOf(join(folder, name))) !== null) paths.push(name.split(sep).join('/'));
    return paths;
  }

  /** Makes a blob visible as a file of a snapshot. */
  async link(commit: string, path: string, hash: string): Promise<void> {
    const pointer = join(this.snapshot(commit), path);
    await mkdir(dirname(pointer), { recursive: true });
    const temporary = `${pointer}.${process.pid}.tmp`;
    await rm(temporary, { force: true });
    await symlink(relative(dirname(pointer), this.blob(hash)), temporary);
    await rename(temporary, pointer);
  }
}

async function writeAtomically(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}

/** Bytes of a file, links followed; null when it is not there or no file. */
export async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    (info) => (info.isFile() ? info.size : null),
    () => null,
  );
}
