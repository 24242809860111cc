import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { RunScoringError } from '../foundation/errors.js';
import { sizeOf } from './hub-cache.js';
import { RangeIgnored } from './hub-fetch.js';
import type { HubFile } from './hub-files.js';

/** Times a broken connection may be taken up again without a single new byte. */
const TRIES_WITHOUT_PROGRESS = 4;
/** No byte for this long, and the connection is given up. */
const IDLE_MS = 60_000;
/** An unfinished download of another machine is taken over when nobody has written to it for this long. */
const ABANDONED_MS = 600_000;

/** Opens the content from byte `from` on. */
export type OpenContent = (from: number, signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;

export interface DownloadOptions {
  readonly onBytes?: (count: number) => void;
  readonly signal?: AbortSignal | undefined;
  readonly wait: (ms: number) => Promise<void>;
}

/**
 * Downloads one file to `target`. What a broken download left is taken up where it ended, in this run or in a later
 * one. The file appears under its name only when size and hash are right.
 * @throws RunScoringError MODEL_FILE_DAMAGED when the server's content is not what its tree promises, MODEL_DISK_FULL,
 *   and whatever `openContent` throws
 */
export async function downloadFile(
  file: HubFile,
  target: string,
  openContent: OpenContent,
  options: DownloadOptions,
): Promise<void> {
  if ((await sizeOf(target)) === file.size) return;
  await mkdir(dirname(target), { recursive: true });
  const partial = await adoptPartial(target);
  for (let attempt = 1; ; attempt++) {
    try {
      const found = await fill(file, partial, openContent, options);
      if (found === file.hash) break;
      await rm(partial, { force: true });
      // A part kept from a download that went wrong earlier may be to blame: once more from the beginning.
      if (attempt === 2) {
        throw new RunScoringError(
          'MODEL_FILE_DAMAGED',
          `${file.path} does not have the hash the hub promises.`,
          {
            hint: 'A proxy may be changing it; try again, or from another network.',
          },
        );
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
        throw new RunScoringError('MODEL_DISK_FULL', `The disk is full; ${file.path} is not whole yet.`, {
          at: { file: dirname(target) },
          hint: 'Make room and run again; the download goes on where it stopped.',
        });
      }
      throw error;
    }
  }
  await rename(partial, target);
}

/** Appends to `partial` until it has the file's size; returns the hash of it all. */
async function fill(
  file: HubFile,
  partial: string,
  openContent: OpenContent,
  options: DownloadOptions,
): Promise<string> {
  let have = (await sizeOf(partial)) ?? 0;
  if (have > file.size) {
    await rm(partial);
    have = 0;
  }
  let hash = await hashOfPart(file, partial, have);
  options.onBytes?.(have);
  const handle = await open(partial, have === 0 ? 'w' : 'r+');
  try {
    for (let fruitless = 0; have < file.size; ) {
      const before = have;
      try {
        for await (const chunk of readWithin(openContent, have, options.signal)) {
          if (have + chunk.byteLength > file.size) throw new TooLong();
          await writeAll(handle, chunk, have);
          hash.update(chunk);
          have += chunk.byteLength;
          options.onBytes?.(chunk.byteLength);
        }
      } catch (error) {
        options.signal?.throwIfAborted();
        if (error instanceof RunScoringError || isDiskError(error)) throw error;
        if (error instanceof TooLong || error instanceof RangeIgnored) {
          options.onBytes?.(-have);
          have = 0;
          hash = await hashOfPart(file, partial, 0);
          await handle.truncate(0);
        }
      }
      fruitless = have > before ? 0 : fruitless + 1;
      if (fruitless > TRIES_WITHOUT_PROGRESS) {
        throw new RunScoringError(
          'MODEL_DOWNLOAD',
          `${file.path} breaks off at ${have} of ${file.size} bytes.`,
          {
            hint: 'Run again; the download goes on where it stopped.',
          },
        );
      }
      if (have < file.size) await options.wait(500 * 2 ** fruitless);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

/** More bytes came than the hub's tree promises. */
class TooLong extends Error {}

function isDiskError(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** git's hash of a blob begins with a header; a large file's is plain SHA-256. */
async function hashOfPart(file: HubFile, partial: string, have: number): Promise<Hash> {
  const hash =
    file.hash.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${file.size}\0`);
  if (have > 0) {
    for await (const chunk of createReadStream(partial, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
  }
  return hash;
}

async function* readWithin(
  openContent: OpenContent,
  from: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const idle = new AbortController();
  const both = signal === undefined ? idle.signal : AbortSignal.any([idle.signal, signal]);
  let timer = setTimeout(() => idle.abort(), IDLE_MS * 2);
  const reader = (await openContent(from, both)).getReader();
  try {
    for (;;) {
      clearTimeout(timer);
      timer = setTimeout(() => idle.abort(), IDLE_MS);
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => {});
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    done += (await handle.write(bytes, done, bytes.byteLength - done, position + done)).bytesWritten;
  }
}

/**
 * This process' own name for the unfinished file, after taking over what a process that is no longer there has left.
 * Taking over is a rename, so only one of several processes gets it; no lock is needed.
 */
async function adoptPartial(target: string): Promise<string> {
  const folder = dirname(target);
  const host = hostname().replace(/[^A-Za-z0-9-]/g, '-');
  const own = `${target}.${host}.${process.pid}.incomplete`;
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(target)}.`) || !name.endsWith('.incomplete')) continue;
    const path = join(folder, name);
    if (path === own) return own;
    const [owner, pid] = name.slice(basename(target).length + 1).split('.');
    if (pid === undefined || pid === 'incomplete') continue;
    const free =
      owner === host ? !isAlive(Number(pid)) : Date.now() - (await lastChange(path)) > ABANDONED_MS;
    if (!free) continue;
    const taken = await rename(path, own).then(
      () => true,
      () => false,
    );
    if (taken) return own;
  }
  return own;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function lastChange(path: string): Promise<number> {
  return stat(path).then(
    (info) => info.mtimeMs,
    () => Date.now(),
  );
}
