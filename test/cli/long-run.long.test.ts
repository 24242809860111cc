import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { inFolder } from '../scoring/processes.js';
import { toCsv } from '../table/csv-text.js';
import { ROOT } from './run-dist.js';

const SCRIPT = fileURLToPath(new URL('./measured-run.mjs', import.meta.url));
/** Twice as many as are wanted: memory swings by a few megabytes, which hides a slope over a short stretch. */
const ROWS = 100_000;
const JOBS = [
  'welder',
  'nurse',
  'cook',
  'driver',
  'painter',
  'clerk',
  'cleaner',
  'teacher',
  'fitter',
  'baker',
];

interface Sample {
  done: number;
  processes: number;
  cpuSeconds: number;
  rssMb: number;
  childRssMb: number;
  openFiles: number;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

it(`${ROWS} different rows with an embedded model: memory, cost per row and open files stay flat`, () =>
  inFolder(async (folder) => {
    const rows = Array.from({ length: ROWS }, (_, i) => [
      `${i}`,
      `I am a ${JOBS[i % 10]} with ${2 + (i % 30)} years behind me, ${i} jobs done and ${i % 7} left over.`,
    ]);
    const input = join(folder, 'in.csv');
    writeFileSync(input, toCsv([['id', 'about_me'], ...rows]));
    const config = join(folder, 'config.yaml');
    writeFileSync(config, `models:\n  - {name: m, model_id: "${join(ROOT, 'data', 'models', 'scout')}"}\n`);
    const output = join(folder, 'out.csv');
    const settings = { config, input, output, sampleEvery: 2_500 };
    const child = spawn(process.execPath, [SCRIPT, JSON.stringify(settings)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    await once(child, 'close');
    const { exitCode, samples } = JSON.parse(text) as { exitCode: number; samples: Sample[] };
    expect(exitCode).toBe(0);
    let lines = 0;
    for await (const _ of createInterface({ input: createReadStream(output) })) lines += 1;
    expect(lines).toBe(ROWS + 1);
    // Until then, each of the two processes still fills its memory of 10,000 answers.
    const settled = samples.filter(({ done }) => done > 20_000);
    const [early, late] = [settled.slice(0, 5), settled.slice(-5)];
    const rowsBetween = median(late.map(({ done }) => done)) - median(early.map(({ done }) => done));
    const growth = median(late.map(({ rssMb }) => rssMb)) - median(early.map(({ rssMb }) => rssMb));
    const costOf = (part: readonly Sample[]): number =>
      (1000 * (part.at(-1)!.cpuSeconds - part[0]!.cpuSeconds)) / (part.at(-1)!.done - part[0]!.done);
    const figures = {
      rows: ROWS,
      growthMbPer100k: (growth * 100_000) / rowsBetween,
      cpuMsPerRow: [costOf(early), costOf(late)],
      openFiles: [early[0]!.openFiles, late.at(-1)!.openFiles],
    };
    console.log(JSON.stringify({ ...figures, samples }));
    expect(figures.growthMbPer100k).toBeLessThanOrEqual(20);
    expect(figures.cpuMsPerRow[1]).toBeLessThan(1.5 * figures.cpuMsPerRow[0]!);
    expect(figures.openFiles[1]).toBeLessThanOrEqual(figures.openFiles[0]!);
  }));
