import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunScoringError } from '../foundation/errors.js';
import type { FileSystem, OpenFile } from './file-system.js';
import { identifyProcess, livenessOf, type ProcessIdentity } from './process-identity.js';
import { systemCode } from './system-failure.js';

/**
 * Keeps two runs off one output. The owner is who holds the lock file with the highest number whose process lives:
 *
 *     lock.1   written by a run that was killed
 *     lock.2   created by the next one with O_EXCL, so of several that find lock.1 dead only one gets it
 *
 * A dead lock is never replaced in place: between reading it and replacing it another run might have done so too.
 */

/** The owner lets its lock file grow by a byte this often, for those who cannot see its process. */
const BEAT_MS = 2_000;
/** A lock of an owner that cannot be seen counts as dead when it has not grown for so long. */
const SILENCE_MS = 5 * BEAT_MS;
/** A lock file without an owner's name in it: its process is writing it now, or died in that moment. */
const NAMELESS_MS = 2_000;
const MAX_LOCK_BYTES = 64 * 1024;

/** Locks that this process holds: a lock file of its own that could not be removed must not lock it out for good. */
const heldHere = new Set<string>();

export interface OutputLock {
  /** Never throws. */
  release(): Promise<void>;
}

/** @throws RunScoringError OUTPUT_LOCKED when another run holds it */
export async function acquireLock(
  fileSystem: FileSystem,
  folder: string,
  output: string,
  silenceMs = SILENCE_MS,
): Promise<OutputLock> {
  const token = randomBytes(8).toString('hex');
  const refuse = (number: number) =>
    refuseIfAlive(fileSystem, join(folder, `lock.${number}`), output, silenceMs);
  heldHere.add(token);
  try {
    for (;;) {
      const highest = (await lockNumbers(fileSystem, folder)).at(-1) ?? 0;
      if (highest > 0) await refuse(highest);
      const path = join(folder, `lock.${highest + 1}`);
      const file = await createOrNothing(fileSystem, path);
      // Another run was quicker; look again.
      if (file === undefined) continue;
      try {
        await file.write(Buffer.from(`${JSON.stringify({ ...(await identifyProcess()), token })}\n`));
        // After a power cut the owner's name is there to be read, and shows that the machine started anew.
        await file.sync();
        // One that had no name yet may have been slow and not dead.
        if (highest > 0) await refuse(highest);
        const numbers = await lockNumbers(fileSystem, folder);
        const above = numbers.at(-1)!;
        if (above === highest + 1) {
          for (const number of numbers) if (number <= highest) await removeLock(fileSystem, folder, number);
          return held(fileSystem, path, file, token);
        }
        await refuse(above);
      } catch (error) {
        await giveUp(fileSystem, path, file);
        throw error;
      }
      // The one above has died; a lock must be above all others to be seen.
      await giveUp(fileSystem, path, file);
    }
  } catch (error) {
    heldHere.delete(token);
    throw error;
  }
}

async function createOrNothing(fileSystem: FileSystem, path: string): Promise<OpenFile | undefined> {
  try {
    return await fileSystem.open(path, 'create');
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return undefined;
    throw error;
  }
}

async function removeLock(fileSystem: FileSystem, folder: string, number: number): Promise<void> {
  try {
    await fileSystem.remove(join(folder, `lock.${number}`));
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

async function giveUp(fileSystem: FileSystem, path: string, file: OpenFile): Promise<void> {
  await file.close().catch(() => {});
  await fileSystem.remove(path).catch(() => {});
}

function held(fileSystem: FileSystem, path: string, file: OpenFile, token: string): OutputLock {
  let beating = Promise.resolve();
  const beat = setInterval(() => {
    beating = file.write(Buffer.from('.')).catch(() => {});
  }, BEAT_MS);
  beat.unref();
  return {
    async release() {
      clearInterval(beat);
      await beating;
      await file.close().catch(() => {});
      await fileSystem.remove(path).catch(() => {});
      heldHere.delete(token);
    },
  };
}

/** Ascending. */
async function lockNumbers(fileSystem: FileSystem, folder: string): Promise<number[]> {
  const names = await fileSystem.list(folder);
  return names
    .map((name) => /^lock\.([1-9][0-9]{0,8})$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

/** Returns when the lock's owner is dead or the lock is gone. */
async function refuseIfAlive(
  fileSystem: FileSystem,
  path: string,
  output: string,
  silenceMs: number,
): Promise<void> {
  let owner = await readOwner(fileSystem, path);
  for (let waited = 0; owner === 'nameless' && waited < NAMELESS_MS; waited += 50) {
    await sleep(50);
    owner = await readOwner(fileSystem, path);
  }
  if (owner === 'nameless' || owner === 'gone') return;
  const here = await identifyProcess();
  const isOurs = IDENTITY.every((key) => owner.identity[key] === here[key]);
  if (isOurs && !heldHere.has(owner.identity.token)) return;
  let liveness = await livenessOf(owner.identity);
  if (liveness === 'unknown') {
    await sleep(silenceMs);
    const later = await readOwner(fileSystem, path);
    liveness = typeof later === 'object' && later.size !== owner.size ? 'alive' : 'dead';
  }
  if (liveness === 'dead') return;
  const { pid, host } = owner.identity;
  throw new RunScoringError(
    'OUTPUT_LOCKED',
    `Another run (process ${pid} on ${host}) is writing this output.`,
    {
      at: { file: output },
      hint: 'Wait for it to end, or choose another output.',
    },
  );
}

const IDENTITY = ['pid', 'startedAt', 'boot', 'namespace', 'host'] as const;

type LockOwner = ProcessIdentity & { token: string };
type Owner = { identity: LockOwner; size: number } | 'nameless' | 'gone';

async function readOwner(fileSystem: FileSystem, path: string): Promise<Owner> {
  let file: OpenFile;
  try {
    file = await fileSystem.open(path, 'read');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'gone';
    throw error;
  }
  try {
    const { size } = await file.facts();
    const bytes = Buffer.alloc(Math.min(size, MAX_LOCK_BYTES));
    const text = bytes.subarray(0, await file.read(bytes, 0)).toString('utf8');
    const line = text.slice(0, Math.max(0, text.indexOf('\n')));
    const identity = parseIdentity(line);
    return identity === undefined ? 'nameless' : { identity, size };
  } finally {
    await file.close();
  }
}

function parseIdentity(line: string): LockOwner | undefined {
  try {
    const value: Partial<LockOwner> | null = JSON.parse(line);
    return Number.isInteger(value?.pid) && typeof value?.host === 'string' ? (value as LockOwner) : undefined;
  } catch {
    return undefined;
  }
}
