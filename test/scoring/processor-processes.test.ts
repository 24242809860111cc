import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { killAtRandom } from './killed-runs.js';
import { inFolder, runProcess, writeRows } from './processes.js';

describe('runs in processes of their own', () => {
  it('of several started at once on one output, exactly one runs; the others are refused', () =>
    inFolder(async (folder) => {
      const input = join(folder, 'in.csv');
      await writeRows(input, 20);
      const output = join(folder, 'out.csv');
      const starts = Array.from({ length: 8 }, () =>
        runProcess({ input, output, holdMs: 3000, models: ['a'] }),
      );
      const results = await Promise.all(starts);
      expect(results.filter((result) => result.exitCode === 0).length).toBe(1);
      expect(results.filter((result) => result.code === 'OUTPUT_LOCKED').length).toBe(7);
      expect((await stat(output)).mode & 0o777).toBe(0o600);
      expect((await readdir(folder)).sort()).toEqual(['.out.csv.run-scoring', 'in.csv', 'out.csv']);
      expect(await readdir(join(folder, '.out.csv.run-scoring'))).toEqual(['run.json']);
    }));

  it('killed at any moment, go on to the same result', async () => {
    const { trials, kills } = await killAtRandom(4, 7);
    expect([trials, kills > trials]).toEqual([4, true]);
  });

  it('do not depend on time zone and language', () =>
    inFolder(async (folder) => {
      const input = join(folder, 'in.csv');
      await writeRows(input, 20);
      const outputs: string[] = [];
      for (const env of [
        { TZ: 'UTC', LANG: 'C' },
        { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
      ]) {
        const output = join(folder, `${env.LANG}.csv`);
        expect((await runProcess({ input, output, env })).exitCode).toBe(0);
        outputs.push(await readFile(output, 'utf8'));
      }
      expect(outputs[1]).toBe(outputs[0]);
    }));

  it('need no more memory for 200,000 rows than for 1,000', () =>
    inFolder(async (folder) => {
      const measure = async (rows: number) => {
        const input = join(folder, `${rows}.csv`);
        const output = join(folder, `${rows}-out.csv`);
        await writeRows(input, rows, 1);
        const result = await runProcess({ input, output, models: ['a'] });
        expect(result.exitCode).toBe(0);
        const lines = (await readFile(output, 'utf8')).split('\n').length;
        expect(lines).toBe(rows + 2);
        return result.maxRssMb!;
      };
      const large = await measure(200_000);
      const small = await measure(1_000);
      expect(large - small).toBeLessThan(100);
    }));
});
