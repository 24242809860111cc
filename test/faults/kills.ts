import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../cli/run-dist.js';
import { inFolder, writeRows } from '../scoring/processes.js';
import { toCsv } from '../table/csv-text.js';
import type { Fault } from './fault.js';
import {
  killAll,
  type RunSettings,
  resumeAndCompare,
  run,
  SCRIPTED,
  SHIPPED,
  StartedRun,
  scriptedConfig,
} from './runs.js';
import { must, randomNumbers, type Trials } from './trials.js';

const VICTIMS = ['parent', 'child', 'both'] as const;
type Victim = (typeof VICTIMS)[number];

/**
 * Kills (SIGKILL) at random moments of a run, going on with --resume, up to three times in one run; then the run must
 * end well. `trials` counts kills that found their victim alive.
 */
async function killAtRandom(
  trials: Trials,
  settings: RunSettings,
  folder: string,
  victim: Victim,
  kills: number,
): Promise<void> {
  const random = randomNumbers(VICTIMS.indexOf(victim) + 1);
  const calm = join(folder, `calm-${victim}.csv`);
  const { code, seconds, stderr } = await run(settings, calm);
  must(code === 0, `the undisturbed run ends with ${code}: ${stderr}`);
  const wanted = await readFile(calm);
  for (let number = 0; trials.figures.trials < kills; number++) {
    const output = join(folder, `${victim}-${number}.csv`);
    let hits = 0;
    for (let round = 0; round < 3; round++) {
      const started = new StartedRun(settings, output, ['--resume', '--quiet']);
      // There is a child to kill from when the first one is started.
      if (victim === 'child') await started.firstChild();
      await Promise.race([started.ended, sleep(random() * seconds * 1000)]);
      const children = started.children();
      if (victim !== 'child') started.signal('SIGKILL', 'parent');
      if (victim !== 'parent') killAll(children);
      const { code } = await started.ended;
      if (victim === 'child' ? children.length > 0 : code === null) hits += 1;
      // The parent of a killed child ends by itself: well, or with the model's loss while it was loading.
      if (victim === 'child') must(code !== null && [0, 5, 6].includes(code), `the run ends with ${code}`);
      if (code !== null) break;
      const torn = await readFile(output).catch(() => wanted);
      trials.same(torn, wanted);
    }
    let survived = false;
    const line = async (): Promise<void> => {
      await resumeAndCompare(trials, settings, output, wanted);
      survived = true;
    };
    if (hits === 0) await line();
    // One resumed run answers for every kill before it.
    for (let hit = 0; hit < hits; hit++) {
      await trials.run(`${victim} of run ${number}`, async () => {
        if (hit === 0) await line();
        must(survived, 'as before');
      });
    }
  }
}

async function canSeeChildren(): Promise<string | undefined> {
  return readFile('/proc/self/stat').then(
    () => undefined,
    () => 'needs /proc',
  );
}

export const KILLS: readonly Fault[] = [
  ...VICTIMS.map((victim) => ({
    group: 'kill -9',
    name: `${victim}, scripted child`,
    run: async (trials: Trials, long: boolean) => {
      const why = await canSeeChildren();
      if (why !== undefined) return why;
      await inFolder(async (folder) => {
        const input = join(folder, 'in.csv');
        await writeRows(input, 60);
        const env = { RUN_SCORING_FAULT_CHILD: JSON.stringify({ paceMs: 4 }) };
        const settings = { program: SCRIPTED, input, config: await scriptedConfig(folder), env };
        await killAtRandom(trials, settings, folder, victim, long ? 334 : 5);
      });
      return undefined;
    },
  })),
  {
    group: 'kill -9',
    name: 'parent, child or both, embedded models',
    run: async (trials, long) => {
      const why = await canSeeChildren();
      if (why !== undefined) return why;
      await inFolder(async (folder) => {
        const input = join(folder, 'in.csv');
        const rows = Array.from({ length: long ? 300 : 60 }, (_, i) => [
          `${i}`,
          `I have been a welder for ${i + 2} years and enjoy the work. Call me on 0491 570 ${100 + i}.`,
        ]);
        await writeFile(input, toCsv([['id', 'about_me'], ...rows]));
        const settings = { program: SHIPPED, input, config: join(ROOT, 'config', 'config.yaml') };
        for (const [index, victim] of VICTIMS.entries()) {
          const upTo = trials.figures.trials + Math.ceil((long ? 50 : 3) / VICTIMS.length);
          await killAtRandom(trials, settings, folder, victim, upTo);
          must(trials.figures.trials > index, 'nothing was killed');
        }
      });
      return undefined;
    },
  },
];
