import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { RunScoringError } from '../foundation/errors.js';
import { fileDigest } from './file-digest.js';

/** File that lists a model's files in `sha256sum`'s form. */
export const CHECKSUM_FILE = 'SHA256SUMS';

/** SHA-256 by path, of files that were read and found to be as they should be. */
export type KnownDigests = Map<string, string>;

/**
 * Compares a model's files with its SHA256SUMS, where it has one: a flipped bit in weights loads without complaint and
 * answers wrongly.
 * @throws RunScoringError MODEL_FILE_DAMAGED naming the file that differs, MODEL_FILE_MISSING
 */
export async function verifyChecksums(folder: string): Promise<KnownDigests> {
  const known: KnownDigests = new Map();
  const list = await readFile(join(folder, CHECKSUM_FILE), 'utf8').catch(() => null);
  for (const line of list?.split('\n') ?? []) {
    const match = /^([0-9a-f]{64}) [ *](.+)$/.exec(line);
    if (match === null) continue;
    const file = join(folder, match[2]!);
    const digest = await fileDigest(file);
    known.set(file, digest);
    if (digest !== match[1]) {
      throw new RunScoringError(
        'MODEL_FILE_DAMAGED',
        `This file differs from its checksum in ${CHECKSUM_FILE}.`,
        {
          at: { file },
          hint: 'Restore it from where the model came from; a converted model is made anew once its folder is removed.',
        },
      );
    }
  }
  return known;
}

/** Compares files of the hub's cache with the hashes that name them there; adds what it learns to `known`. */
export async function verifyBlobs(files: readonly string[], known: KnownDigests = new Map()): Promise<void> {
  for (const file of files) {
    const digest = known.has(file) ? null : await verifyBlob(file);
    if (digest !== null) known.set(file, digest);
  }
}

/** Lists every file below a folder in its SHA256SUMS. */
export async function writeChecksums(folder: string): Promise<void> {
  const lines: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === CHECKSUM_FILE) continue;
    const path = join(entry.parentPath, entry.name);
    lines.push(`${await fileDigest(path)}  ${relative(folder, path).split(sep).join('/')}\n`);
  }
  await writeFile(join(folder, CHECKSUM_FILE), lines.sort().join(''));
}

/**
 * A file of a hub snapshot is a link to `blobs/<hash>`: SHA-256 of a large file, git's SHA-1 of a small one.
 * @returns its SHA-256 where that names it; null for git's hash, and for a file that is no such link
 */
async function verifyBlob(file: string): Promise<string | null> {
  const isLink = await lstat(file).then(
    (info) => info.isSymbolicLink(),
    () => false,
  );
  if (!isLink) return null;
  const blob = await realpath(file).catch(() => '');
  const name = basename(blob);
  if (basename(dirname(blob)) !== 'blobs' || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(name)) return null;
  const digest = name.length === 64 ? await fileDigest(blob) : await gitDigest(blob);
  if (digest !== name) {
    throw new RunScoringError(
      'MODEL_FILE_DAMAGED',
      'This fetched file no longer has the hash it was fetched with.',
      {
        at: { file: blob },
        hint: 'Remove it; "run-scoring fetch" brings it again.',
      },
    );
  }
  return name.length === 64 ? digest : null;
}

async function gitDigest(path: string): Promise<string> {
  const hash = createHash('sha1').update(`blob ${(await stat(path)).size}\0`);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
