import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inFolder, runProcess, writeRows } from './processes.js';

it(
  '1,000,000 rows: memory, cost per row and open files stay flat',
  () =>
    inFolder(async (folder) => {
      const input = join(folder, 'in.csv');
      await writeRows(input, 1_000_000);
      const output = join(folder, 'out.csv');
      const { samples, exitCode, maxRssMb } = await runProcess({
        input,
        output,
        models: ['a'],
        sampleEvery: 100_000,
      });
      console.log(JSON.stringify({ maxRssMb, samples }));
      expect(exitCode).toBe(0);
      const [first, last] = [samples![0]!, samples!.at(-1)!];
      expect(last.rssMb - first.rssMb).toBeLessThan(9 * 20);
      expect(last.openFiles).toBeLessThanOrEqual(first.openFiles);
      const costs = samples!.slice(1).map((sample, index) => sample.cpuSeconds - samples![index]!.cpuSeconds);
      expect(Math.max(...costs.slice(-3))).toBeLessThan(2 * Math.max(...costs.slice(0, 3)));
    }),
  3_600_000,
);
