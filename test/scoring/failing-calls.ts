import { expect } from 'vitest';
import { RunScoringError } from '../../src/foundation/errors.js';
import type { CsvRunOptions } from '../../src/scoring/multi-model-batch-processor.js';
import type { MemoryFileSystem } from '../table/memory-file-system.js';
import { FaultyFileSystem } from './faulty-file-system.js';
import { freshFiles, INPUT, OUTPUT, runOn, sampleTable, stopAt, undisturbed } from './processor-runs.js';

const ROWS = 6;
export const CODES = ['ENOSPC', 'EIO', 'EACCES', 'EDQUOT', 'EMFILE'];

/** What was there before the run whose calls fail, and how that run is started. */
const STARTS: Record<
  string,
  { prepare: (files: MemoryFileSystem) => Promise<unknown>; options: Partial<CsvRunOptions> }
> = {
  fresh: { prepare: async (files) => files.put(OUTPUT, 'of yesterday'), options: {} },
  resumed: { prepare: (files) => stopAt(files, 'b', 3), options: { resume: true } },
  retried: {
    prepare: async (files) => {
      const statusOf = (row: number) =>
        row === 0 || row === 3 ? ('error_timeout' as const) : ('ok' as const);
      await runOn(files, {}, { scripts: { a: { statusOf, dieAtRow: 5, readAhead: 0 }, b: { statusOf } } })
        .result;
      await stopAt(files, 'b', 0, { retryErrors: true });
    },
    options: { retryErrors: true },
  },
};

export type Start = keyof typeof STARTS;

/**
 * Every file-system call of a run fails in turn, once or from then on. Whatever comes of it: the old output stands or
 * the new one is whole, the input is as it was, an error is a named one, and the same line with --resume afterwards
 * gives what an undisturbed run gives.
 */
export async function failEveryCall(
  start: Start,
  codesAt: (call: number) => readonly string[],
  forGood: boolean,
): Promise<{ trials: number; refused: number }> {
  const { prepare, options } = STARTS[start]!;
  const wanted = await undisturbed(ROWS);
  const prepared = freshFiles(ROWS);
  await prepare(prepared);
  const before = prepared.text(OUTPUT);
  const counting = new FaultyFileSystem(prepared.clone(), () => undefined);
  await runOn(counting, options).result;
  expect(counting.calls).toBeGreaterThan(50);
  let trials = 0;
  let refused = 0;
  for (let n = 1; n <= counting.calls; n++) {
    for (const code of codesAt(n)) {
      const files = prepared.clone();
      const faulty = new FaultyFileSystem(files, (call) =>
        call === n || (forGood && call > n) ? code : undefined,
      );
      const where = `${code} at call ${n}: ${counting.log[n - 1]}`;
      const error = await runOn(faulty, options).result.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error === undefined) expect(files.text(OUTPUT), where).toBe(wanted);
      else {
        refused += 1;
        expect(error, where).toBeInstanceOf(RunScoringError);
        expect((error as RunScoringError).code, where).toMatch(/^(INPUT_UNREADABLE|OUTPUT_FAILED)$/);
        expect([wanted, before], where).toContain(files.text(OUTPUT));
      }
      expect(files.text(INPUT), where).toBe(sampleTable(ROWS));
      const again = await runOn(files, { resume: true, ...options }).result;
      expect(again.exitCode, where).toBe(0);
      expect(files.text(OUTPUT), where).toBe(wanted);
      const left = await files.list('/folder');
      expect(
        left.filter((name) => name.includes('draft')),
        where,
      ).toEqual([]);
      trials += 1;
    }
  }
  return { trials, refused };
}
