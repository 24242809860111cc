import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/table/file-system.js';
import { acquireLock } from '../../src/table/output-lock.js';
import { identifyProcess, livenessOf } from '../../src/table/process-identity.js';
import { failureOf } from './csv-text.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-scoring-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

const acquire = (silenceMs?: number) => acquireLock(nodeFileSystem, folder, 'out.csv', silenceMs);
const put = (name: string, owner: unknown) => writeFile(join(folder, name), `${JSON.stringify(owner)}\n`);

describe('the lock', () => {
  it('is held by one, and free again when it is given back', async () => {
    const lock = await acquire();
    const error = await failureOf(acquire());
    expect([error.code, error.exitCode]).toEqual(['OUTPUT_LOCKED', 4]);
    expect(error.message).toContain(`process ${process.pid}`);
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
    await (await acquire()).release();
  });

  it('is held by exactly one of many that find the lock of a dead process at the same time', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
    const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const owner = { ...(await identifyProcess()), pid: child.pid, startedAt, token: 'x' };
    for (let round = 0; round < 20; round++) {
      await put('lock.3', owner);
      if (round === 0) {
        expect((await failureOf(acquire())).code).toBe('OUTPUT_LOCKED');
        child.kill('SIGKILL');
        await once(child, 'close');
      }
      const results = await Promise.allSettled(Array.from({ length: 20 }, () => acquire()));
      const held = results.filter((result) => result.status === 'fulfilled');
      expect(held.length).toBe(1);
      await held[0]!.value.release();
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it('is taken from a process whose number now belongs to another one, and from one before a restart', async () => {
    const self = await identifyProcess();
    for (const owner of [
      { ...self, startedAt: '1', token: 'x' },
      { ...self, boot: 'another', token: 'x' },
      { ...self, token: 'not held' },
    ]) {
      await put('lock.1', owner);
      await (await acquire()).release();
    }
  });

  it('is taken from one that died before it could write its name', async () => {
    await writeFile(join(folder, 'lock.1'), '{"pid"');
    await (await acquire()).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('of a process on another machine counts as long as it grows', async () => {
    const owner = { ...(await identifyProcess()), host: 'elsewhere', boot: 'elsewhere', token: 'x' };
    expect(await livenessOf(owner)).toBe('unknown');
    await put('lock.1', owner);
    const beat = setInterval(() => void writeFile(join(folder, 'lock.1'), '.', { flag: 'a' }), 100);
    expect((await failureOf(acquire(500))).code).toBe('OUTPUT_LOCKED');
    clearInterval(beat);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await (await acquire(500)).release();
    expect(await readdir(folder)).toEqual([]);
  });
});
