import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inFolder, runProcess, writeRows } from './processes.js';

it('a run needs no more memory for 200,000 rows than for 20,000', () =>
  inFolder(async (folder) => {
    const measure = async (rows: number) => {
      const input = join(folder, `${rows}.csv`);
      const output = join(folder, `${rows}-out.csv`);
      await writeRows(input, rows, 1);
      const result = await runProcess({ input, output, models: ['a'], heapMb: 32 });
      expect(result.exitCode).toBe(0);
      const lines = (await readFile(output, 'utf8')).split('\n').length;
      expect(lines).toBe(rows + 2);
      return result.maxRssMb!;
    };
    const large = await measure(200_000);
    const small = await measure(20_000);
    // It is about 8; every kept byte per row would add 0.17.
    expect(large - small).toBeLessThan(24);
  }));
