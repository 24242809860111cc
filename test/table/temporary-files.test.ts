import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/table/file-system.js';
import { sweepTemporaryFiles, temporaryPath } from '../../src/table/temporary-files.js';

it('what a dead process left is swept away; what the living, other containers and strangers have is not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'run-scoring-sweep-'));
  try {
    const own = basename(await temporaryPath(folder));
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
    const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const [boot, namespace] = own.split('-').slice(2, 4);
    const named = (b: string, n: string) => `.run-scoring-${b}-${n}-${child.pid}-${startedAt}-0123456789ab`;
    const [dying, elsewhere, earlier] = [
      named(boot!, namespace!),
      named(boot!, '00000000'),
      named('00000000', namespace!),
    ];
    for (const name of [own, elsewhere, earlier, 'other.csv']) await writeFile(join(folder, name), 'x');
    await mkdir(join(folder, dying));
    await writeFile(join(folder, dying, 'a.journal.jsonl'), 'x');
    await sweepTemporaryFiles(nodeFileSystem, folder);
    expect((await readdir(folder)).sort()).toEqual([own, dying, elsewhere, 'other.csv'].sort());
    child.kill('SIGKILL');
    await once(child, 'close');
    await sweepTemporaryFiles(nodeFileSystem, folder);
    expect((await readdir(folder)).sort()).toEqual([own, elsewhere, 'other.csv'].sort());
  } finally {
    await rm(folder, { recursive: true });
  }
});
