import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { FileSystem, OpenFile } from '../../src/table/file-system.js';
import { failureOf } from '../table/csv-text.js';
import { MemoryFileSystem, systemError } from '../table/memory-file-system.js';
import { fixturePath } from '../table/table-files.js';
import { runOn } from './processor-runs.js';

const RUNS = [
  { inputPath: '/folder/in.xlsx#People', outputPath: '/folder/out.xlsx' },
  { inputPath: '/folder/in.parquet', outputPath: '/folder/out.parquet' },
];

function typedFiles(): MemoryFileSystem {
  const fileSystem = new MemoryFileSystem();
  fileSystem.put('/folder/in.xlsx', readFileSync(fixturePath('openpyxl.xlsx')));
  fileSystem.put('/folder/in.parquet', readFileSync(fixturePath('people-zstd.parquet')));
  return fileSystem;
}

/** Calls of one kind, of which the nth fails. */
function failing(
  inner: MemoryFileSystem,
  kind: 'read' | 'write',
  nth: number,
): FileSystem & { calls: number } {
  const counting = Object.assign(Object.create(inner) as MemoryFileSystem, {
    calls: 0,
    open: async (path: string, mode: 'read' | 'append' | 'create') => {
      const file = await inner.open(path, mode);
      const watched = async (...parts: unknown[]) => {
        counting.calls += 1;
        if (counting.calls === nth) throw systemError(kind === 'read' ? 'EIO' : 'ENOSPC');
        return (file[kind] as (...parts: unknown[]) => Promise<never>)(...parts);
      };
      return { ...file, [kind]: watched } as OpenFile;
    },
  });
  return counting;
}

it('a disk that fails at any read or write (every second one) leaves no output, says so, and the run can go on', async () => {
  for (const paths of RUNS) {
    const calm = typedFiles();
    await runOn(calm, paths).result;
    const wanted = calm.get(paths.outputPath)!;
    for (const kind of ['read', 'write'] as const) {
      const counted = failing(typedFiles(), kind, -1);
      await runOn(counted, paths).result;
      expect(counted.calls).toBeGreaterThan(5);
      for (let nth = 1; nth <= counted.calls; nth += 2) {
        const disk = typedFiles();
        const summary = runOn(failing(disk, kind, nth), paths).result;
        const outcome = await summary.then(
          (done) => (done.outputWritten ? 'written' : 'unfinished'),
          async () => (await failureOf(summary)).code,
        );
        // What follows the complete output only makes a later resume cheaper.
        expect(outcome).toMatch(/^(?:written|unfinished|INPUT_UNREADABLE|OUTPUT_FAILED)$/);
        if (outcome !== 'written') expect(disk.get(paths.outputPath)).toBeUndefined();
        await runOn(disk, { ...paths, resume: true }).result;
        expect(disk.get(paths.outputPath)!.equals(wanted)).toBe(true);
      }
    }
  }
});
