import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunScoringError } from '../../src/foundation/errors.js';
import { MultiModelBatchProcessor } from '../../src/scoring/multi-model-batch-processor.js';
import { inFolder, writeRows } from '../scoring/processes.js';
import { sampleTable } from '../scoring/processor-runs.js';
import { scriptedModels, testConfig } from '../scoring/scripted-model.js';
import type { Fault } from './fault.js';
import { resumeAndCompare, run, SCRIPTED, scriptedConfig } from './runs.js';
import { must, type Trials } from './trials.js';

const KILOBYTE = 1024;
const OLD = 'of yesterday';

function scoreOn(folder: string, resume: boolean) {
  const { loadModel } = scriptedModels();
  return new MultiModelBatchProcessor(testConfig(['a', 'b']), { loadModel }).processCsv({
    inputPath: join(folder, 'in.csv'),
    outputPath: join(folder, 'out.csv'),
    resume,
  });
}

/** A small disk with less and less room left: refused with the old output in place, and whole once there is room. */
async function fillDisk(trials: Trials, folder: string, step: number): Promise<void> {
  const table = sampleTable(200);
  const calm = join(folder, 'calm');
  await mkdir(calm);
  await writeFile(join(calm, 'in.csv'), table);
  await scoreOn(calm, false);
  const wanted = await readFile(join(calm, 'out.csv'));
  const disk = join(folder, 'disk');
  await mkdir(disk);
  let refused = 0;
  for (let room = 0; room < 3 * wanted.length; room += step) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk]);
    try {
      await trials.run(`${room} bytes of room`, async () => {
        await writeFile(join(disk, 'in.csv'), table);
        await writeFile(join(disk, 'out.csv'), OLD);
        const used = Buffer.byteLength(table) + 2 * 4 * KILOBYTE;
        await writeFile(join(disk, 'ballast'), Buffer.alloc(Math.max(0, 512 * KILOBYTE - used - room)));
        const error = await scoreOn(disk, false).then(
          () => null,
          (reason: unknown) => reason,
        );
        const found = await readFile(join(disk, 'out.csv'));
        if (error === null) trials.same(found, wanted);
        else {
          refused += 1;
          if (!(error instanceof RunScoringError)) throw error;
          must(error.code === 'OUTPUT_FAILED' && error.message.includes('ENOSPC'), error.toLine());
          must(found.toString() === OLD, 'the old output is gone');
        }
        await rm(join(disk, 'ballast'));
        const { exitCode } = await scoreOn(disk, true);
        must(exitCode === 0, `the resumed run ends with ${exitCode}`);
        trials.same(await readFile(join(disk, 'out.csv')), wanted);
      });
    } finally {
      execFileSync('umount', [disk]);
    }
  }
  must(refused > 3, `only ${refused} runs met the end of the disk`);
}

/** Many runs at once on one output: one scores, the others are refused by name. */
async function startTogether(trials: Trials, rounds: number): Promise<void> {
  await inFolder(async (folder) => {
    const input = join(folder, 'in.csv');
    await writeRows(input, 20);
    const calm = { program: SCRIPTED, input, config: await scriptedConfig(folder, ['a']) };
    await run(calm, join(folder, 'calm.csv'));
    const wanted = await readFile(join(folder, 'calm.csv'));
    await rm(join(folder, '.calm.csv.run-scoring'), { recursive: true, force: true });
    // The model holds on until every start must have come to the lock.
    const pause = { pauseAt: 'load', marker: join(folder, 'marker'), pauseMs: 25_000 };
    const settings = { ...calm, env: { RUN_SCORING_FAULT_CHILD: JSON.stringify(pause) } };
    for (let round = 0; round < rounds; round++) {
      await trials.run(`round ${round}`, async () => {
        const output = join(folder, 'out.csv');
        const starts = Array.from({ length: 20 }, () => run(settings, output));
        const results = await Promise.all(starts);
        const done = results.filter(({ code }) => code === 0).length;
        const refused = results.filter(({ stderr }) => stderr.includes('OUTPUT_LOCKED')).length;
        must(done === 1 && refused === 19, `${done} ran, ${refused} were refused`);
        trials.same(await readFile(output), wanted);
        must(((await stat(output)).mode & 0o777) === 0o600, 'others may read the output');
        const left = (await readdir(join(folder, '.out.csv.run-scoring'))).join();
        must(left === 'run.json', `left over: ${left}`);
        await rm(output);
        await rm(join(folder, '.out.csv.run-scoring'), { recursive: true });
      });
    }
  });
}

/** Environments of the parent and its children that must not show in the output. */
const ODD: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'TZ east of all, Turkish': { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
  'TZ with 45 minutes, Nepali': { TZ: 'Asia/Kathmandu', LANG: 'ne_NP.UTF-8', LC_ALL: 'ne_NP.UTF-8' },
  'TZ and LANG that do not exist': { TZ: ':no/such/zone', LANG: 'xx_YY.nothing', LC_ALL: 'xx_YY.nothing' },
  'no TZ, LANG=C': { TZ: '', LANG: 'C', LC_ALL: 'C' },
  'Arabic digits, Persian calendar': {
    TZ: 'Asia/Tehran',
    LANG: 'fa_IR@calendar=persian',
    LC_ALL: 'ar_EG.UTF-8',
  },
};

async function runIn(trials: Trials, name: string, env: Record<string, string>, times: number) {
  await inFolder(async (folder) => {
    const input = join(folder, 'in.csv');
    await writeFile(input, sampleTable(40));
    const calm = { program: SCRIPTED, input, config: await scriptedConfig(folder) };
    await run(calm, join(folder, 'calm.csv'));
    const wanted = await readFile(join(folder, 'calm.csv'));
    for (let time = 0; time < times; time++) {
      await trials.run(`${name} ${time}`, async () => {
        const output = join(folder, `out-${time}.csv`);
        const { code, stderr } = await run({ ...calm, env }, output);
        must(code === 0, `it ends with ${code}: ${stderr}`);
        trials.same(await readFile(output), wanted);
        await resumeAndCompare(trials, { ...calm, env }, output, wanted);
      });
    }
  });
}

const CLOCK = fileURLToPath(new URL('./clock-jumps.mjs', import.meta.url));

export const SURROUNDINGS: readonly Fault[] = [
  {
    group: 'full disk',
    name: 'small tmpfs with less and less room',
    run: (trials, long) =>
      inFolder(async (folder) => {
        const probe = join(folder, 'probe');
        await mkdir(probe);
        try {
          execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe], { stdio: 'ignore' });
          execFileSync('umount', [probe]);
        } catch {
          return 'only the superuser may mount';
        }
        await fillDisk(trials, folder, long ? 4 * KILOBYTE : 16 * KILOBYTE);
        return undefined;
      }),
  },
  {
    group: 'starts',
    name: '20 at once on one output',
    run: async (trials, long) => {
      await startTogether(trials, long ? 5 : 1);
      return undefined;
    },
  },
  {
    group: 'surroundings',
    name: 'the clock jumps by up to a year',
    run: async (trials, long) => {
      const env = {
        NODE_OPTIONS: `--import ${CLOCK}`,
        RUN_SCORING_FAULT_CHILD: JSON.stringify({ paceMs: 20 }),
      };
      await runIn(trials, 'run', env, long ? 20 : 1);
      return undefined;
    },
  },
  {
    group: 'surroundings',
    name: 'odd TZ and LANG',
    run: async (trials, long) => {
      for (const [name, env] of Object.entries(ODD)) await runIn(trials, name, env, long ? 3 : 1);
      return undefined;
    },
  },
];
