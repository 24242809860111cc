import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { inFolder, runProcess, writeRows } from './processes.js';

const ROWS = 60;

/** Numbers in [0, 1) that depend on the seed alone. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Starts a run, kills it (SIGKILL) at a random moment, resumes and kills it again up to three times, then lets it end.
 * The output must be that of an undisturbed run, and nothing may be left behind.
 */
export async function killAtRandom(trials: number, seed: number): Promise<{ trials: number; kills: number }> {
  const random = randomNumbers(seed);
  return inFolder(async (folder) => {
    const input = join(folder, 'in.csv');
    await writeRows(input, ROWS);
    const started = performance.now();
    const calm = join(folder, 'calm.csv');
    await runProcess({ input, output: calm, delayMs: 2 });
    const wholeMs = performance.now() - started;
    const wanted = await readFile(calm);
    let kills = 0;
    for (let trial = 0; trial < trials; trial++) {
      const output = join(folder, `out-${trial}.csv`);
      for (let round = 0; round < 3; round++) {
        const { killed } = await runProcess({ input, output, delayMs: 2, resume: true }, random() * wholeMs);
        if (!killed) break;
        kills += 1;
        const torn = await readFile(output).catch(() => wanted);
        expect(torn.equals(wanted)).toBe(true);
      }
      const last = await runProcess({ input, output, delayMs: 2, resume: true });
      expect(last.exitCode).toBe(0);
      expect((await readFile(output)).equals(wanted)).toBe(true);
      const left = (await readdir(folder)).filter((name) => name.includes('draft'));
      expect(left).toEqual([]);
      await rm(join(folder, `.out-${trial}.csv.run-scoring`), { recursive: true });
      await rm(output);
    }
    return { trials, kills };
  });
}
