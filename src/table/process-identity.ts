import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** Tells one process from every other, also from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since the machine started; null where /proc is missing. */
  readonly startedAt: string | null;
  /** Changes when the machine starts anew. */
  readonly boot: string | null;
  /** Process numbers mean something only inside one namespace, such as one container. */
  readonly namespace: string | null;
  readonly host: string;
}

let self: Promise<ProcessIdentity> | undefined;

/** This process. */
export function identifyProcess(): Promise<ProcessIdentity> {
  self ??= identify();
  return self;
}

async function identify(): Promise<ProcessIdentity> {
  const [startedAt, boot, namespace] = await Promise.all([
    startTimeOf(process.pid),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
      (text) => text.trim(),
      () => null,
    ),
    readlink('/proc/self/ns/pid').catch(() => null),
  ]);
  return { pid: process.pid, startedAt, boot, namespace, host: hostname() };
}

/** `unknown`: it ran on another machine or in another container, and cannot be seen from here. */
export async function livenessOf(owner: ProcessIdentity): Promise<'alive' | 'dead' | 'unknown'> {
  const here = await identifyProcess();
  if (owner.host === here.host && owner.boot !== here.boot) return 'dead';
  if (owner.boot !== here.boot || owner.namespace !== here.namespace) return 'unknown';
  if (owner.boot === null && owner.host !== here.host) return 'unknown';
  if (owner.startedAt !== null) return (await startTimeOf(owner.pid)) === owner.startedAt ? 'alive' : 'dead';
  try {
    process.kill(owner.pid, 0);
    return 'alive';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH' ? 'dead' : 'alive';
  }
}

/** Field 22 of /proc/<pid>/stat; a process that has ended but was not yet waited for counts as gone. */
async function startTimeOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // The second field, the program's name, may hold spaces and brackets; the last bracket ends it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}
