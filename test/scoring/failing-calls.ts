import { expect } from 'vitest';
import { RunScoringError } from '../../src/foundation/errors.js';
import { FaultyFileSystem } from './faulty-file-system.js';
import { freshFiles, INPUT, OUTPUT, runOn, sampleTable, undisturbed } from './processor-runs.js';

const ROWS = 6;
export const CODES = ['ENOSPC', 'EIO', 'EACCES', 'EDQUOT', 'EMFILE'];

/**
 * Every file-system call of a run fails in turn, once or from then on. Whatever comes of it: the old output stands or
 * the new one is whole, the input is as it was, an error is a named one, and the same line with --resume afterwards
 * gives what an undisturbed run gives.
 */
export async function failEveryCall(
  codesAt: (call: number) => readonly string[],
  forGood: boolean,
): Promise<{ trials: number; refused: number }> {
  const wanted = await undisturbed(ROWS);
  const counting = new FaultyFileSystem(freshFiles(ROWS), () => undefined);
  await runOn(counting).result;
  expect(counting.calls).toBeGreaterThan(50);
  let trials = 0;
  let refused = 0;
  for (let n = 1; n <= counting.calls; n++) {
    for (const code of codesAt(n)) {
      const files = freshFiles(ROWS);
      files.put(OUTPUT, 'of yesterday');
      const faulty = new FaultyFileSystem(files, (call) =>
        call === n || (forGood && call > n) ? code : undefined,
      );
      const where = `${code} at call ${n}`;
      const error = await runOn(faulty).result.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error === undefined) expect(files.text(OUTPUT), where).toBe(wanted);
      else {
        refused += 1;
        expect(error, where).toBeInstanceOf(RunScoringError);
        expect((error as RunScoringError).code, `${where}: ${faulty.log[n - 1]}`).toMatch(
          /^(INPUT_UNREADABLE|OUTPUT_FAILED)$/,
        );
        expect([wanted, 'of yesterday'], where).toContain(files.text(OUTPUT));
      }
      expect(files.text(INPUT), where).toBe(sampleTable(ROWS));
      const again = await runOn(files, { resume: true }).result;
      expect(again.exitCode, where).toBe(0);
      expect(files.text(OUTPUT), where).toBe(wanted);
      const left = await files.list('/work');
      expect(
        left.filter((name) => name.includes('draft')),
        where,
      ).toEqual([]);
      trials += 1;
    }
  }
  return { trials, refused };
}
