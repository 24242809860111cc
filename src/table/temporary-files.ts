import { createHash, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileSystem } from './file-system.js';
import { identifyProcess, livenessOf } from './process-identity.js';

/**
 * Names in the system's temporary folder tell which process they belong to, so that the copies of a run that was
 * killed, which hold personal data, do not stay there:
 *
 *     .run-scoring-<machine start>-<namespace>-<process>-<its start>-<random>
 */
const NAME = /^\.run-scoring-([0-9a-f]{8})-([0-9a-f]{8})-(\d{1,10})-(\d{1,20})-[0-9a-f]{12}$/;

function short(text: string | null): string {
  return createHash('sha256').update(`${text}`).digest('hex').slice(0, 8);
}

/** A path of its own that does not exist yet. */
export async function temporaryPath(folder: string = tmpdir()): Promise<string> {
  const { boot, namespace, pid, startedAt } = await identifyProcess();
  const random = randomBytes(6).toString('hex');
  return join(folder, `.run-scoring-${short(boot)}-${short(namespace)}-${pid}-${startedAt ?? 0}-${random}`);
}

/** Removes what processes that are dead left behind. Never throws. */
export async function sweepTemporaryFiles(fileSystem: FileSystem, folder: string = tmpdir()): Promise<void> {
  try {
    const here = await identifyProcess();
    // Without /proc a process number alone does not tell who is meant.
    if (here.startedAt === null) return;
    for (const name of await fileSystem.list(folder)) {
      const [, boot, namespace, pid, startedAt] = NAME.exec(name) ?? [];
      if (boot === undefined) continue;
      const sameMachineStart = boot === short(here.boot);
      // Processes of another container cannot be seen from here.
      if (sameMachineStart && namespace !== short(here.namespace)) continue;
      const owner = { ...here, pid: Number(pid), startedAt: startedAt! };
      if (sameMachineStart && (await livenessOf(owner)) !== 'dead') continue;
      await removeAll(fileSystem, join(folder, name));
    }
  } catch {
    // Somebody else's temporary folder is no reason to stop a run.
  }
}

async function removeAll(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    if ((await fileSystem.linkFacts(path)).kind !== 'folder') return await fileSystem.remove(path);
    for (const name of await fileSystem.list(path)) await fileSystem.remove(join(path, name));
    await fileSystem.removeFolder(path);
  } catch {
    // It belongs to another user, or somebody else has just removed it.
  }
}
