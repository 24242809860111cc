import { expect } from 'vitest';
import type { MemoryFileSystem } from '../table/memory-file-system.js';
import { freshFiles, OUTPUT, RUN_FOLDER, runOn, undisturbed } from './processor-runs.js';

const ROWS = 12;
const SETUP = { names: ['a'] };

/** Damages the journal of a broken-off run at each offset that is chosen and resumes: the output must be the same. */
export async function checkDamagedJournals(
  chosen: (at: number, lineEnds: readonly number[]) => boolean,
): Promise<number> {
  const wanted = await undisturbed(ROWS, {}, SETUP);
  const files = freshFiles(ROWS);
  // The model is lost at the last row, so the journal stays.
  await runOn(files, {}, { ...SETUP, script: { dieAtRow: 11, readAhead: 0 } }).result;
  const journal = `${RUN_FOLDER}/a.journal.jsonl`;
  const whole = files.get(journal)!;
  const lineEnds = [...whole.entries()].filter(([, byte]) => byte === 10).map(([at]) => at);
  expect(lineEnds.length).toBe(9);
  const check = async (damage: (copy: MemoryFileSystem) => void) => {
    const copy = files.clone();
    damage(copy);
    await runOn(copy, { resume: true }, SETUP).result;
    expect(copy.text(OUTPUT)).toBe(wanted);
  };
  let trials = 0;
  for (let at = 0; at <= whole.length; at++) {
    if (!chosen(at, lineEnds)) continue;
    trials += 1;
    await check((copy) => copy.put(journal, whole.subarray(0, at)));
    // After a power cut a file can end in zeros, or have a damaged bit in the middle.
    if (at % 5 === 0)
      await check((copy) => copy.put(journal, Buffer.concat([whole.subarray(0, at), Buffer.alloc(300)])));
    if (at % 5 !== 1 || at === whole.length) continue;
    const flipped = Buffer.from(whole);
    flipped[at]! ^= 1 << (at % 8);
    await check((copy) => copy.put(journal, flipped));
  }
  return trials;
}
