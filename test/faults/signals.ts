import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inFolder, writeRows } from '../scoring/processes.js';
import type { Fault } from './fault.js';
import { appears, resumeAndCompare, run, SCRIPTED, StartedRun, scriptedConfig } from './runs.js';
import { must, type Trials } from './trials.js';

const PAUSE_MS = 400;
/** Where the run is held up when the signal comes: in the child, or in a file-system call of the parent. */
const MOMENTS: Readonly<
  Record<string, { readonly child?: string; readonly call?: { call: string; file: string; nth?: number } }>
> = {
  load: { child: 'load' },
  prefill: { child: 'prefill' },
  decode: { child: 'decode' },
  write: { call: { call: 'write', file: 'journal.jsonl', nth: 2 } },
  merge: { call: { call: 'write', file: '.csv.draft' } },
  'moving into place': { call: { call: 'rename', file: '.csv.draft' } },
};
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Ctrl-C reaches the whole process group, SIGTERM the parent alone. */
async function interrupt(trials: Trials, name: keyof typeof SIGNALS, moment: string, times: number) {
  const { child, call } = MOMENTS[moment]!;
  await inFolder(async (folder) => {
    const input = join(folder, 'in.csv');
    await writeRows(input, 30);
    const calmSettings = { program: SCRIPTED, input, config: await scriptedConfig(folder) };
    await run(calmSettings, join(folder, 'calm.csv'));
    const wanted = await readFile(join(folder, 'calm.csv'));
    for (let time = 0; time < times; time++) {
      await trials.run(`time ${time}`, async () => {
        const output = join(folder, `out-${time}.csv`);
        const marker = join(folder, `marker-${time}`);
        const pause = { marker, pauseMs: PAUSE_MS };
        const settings = {
          ...calmSettings,
          ...(call === undefined ? {} : { preload: './pause-at.mjs' }),
          env: {
            RUN_SCORING_FAULT_CHILD: JSON.stringify({
              paceMs: 5,
              ...(child && { pauseAt: child, ...pause }),
            }),
            RUN_SCORING_PAUSE: JSON.stringify({ ...call, ...pause }),
          },
        };
        const started = new StartedRun(settings, output);
        must(await appears(marker, started.ended), 'the moment never came');
        const at = performance.now();
        started.signal(name, name === 'SIGINT' ? 'group' : 'parent');
        const { code, stderr } = await started.ended;
        must(performance.now() - at < 10_000, 'it took more than ten seconds to stop');
        // What is being put in place is put in place; anything earlier stops.
        if (moment !== 'moving into place' || code !== 0) {
          must(code === SIGNALS[name], `it ends with ${code}`);
          must(stderr.includes('--resume'), 'no line that goes on');
        }
        const found = await readFile(output).catch(() => undefined);
        if (found !== undefined) trials.same(found, wanted);
        await resumeAndCompare(trials, calmSettings, output, wanted);
      });
    }
  });
}

export const SIGNAL_FAULTS: readonly Fault[] = (['SIGINT', 'SIGTERM'] as const).flatMap((name) =>
  Object.keys(MOMENTS).map((moment) => ({
    group: name,
    name: `in ${moment}`,
    run: async (trials: Trials, long: boolean) => {
      await interrupt(trials, name, moment, long ? 20 : 1);
      return undefined;
    },
  })),
);
