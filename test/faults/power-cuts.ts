import {
  freshFiles,
  INPUT,
  OUTPUT,
  RUN_FOLDER,
  runOn,
  sampleTable,
  stopAt,
  undisturbed,
} from '../scoring/processor-runs.js';
import type { Fault } from './fault.js';
import { type Loss, PowerCutFileSystem } from './power-cut-file-system.js';
import { must, type Trials } from './trials.js';

const ROWS = 6;

/** The power is cut at every call in turn; what was not synced is gone. The same line with --resume mends it. */
async function cutAtEveryCall(trials: Trials, loss: Loss, resumed: boolean): Promise<void> {
  const wanted = await undisturbed(ROWS);
  const start = freshFiles(ROWS);
  start.put(OUTPUT, 'of yesterday');
  if (resumed) await stopAt(start, 'b', 3);
  const calm = new PowerCutFileSystem(start, Number.POSITIVE_INFINITY);
  await runOn(calm, { resume: resumed }).result;
  const journalOfB = calm.log.indexOf(`open append ${RUN_FOLDER}/b.journal.jsonl`) + 1;
  must(journalOfB > 0, 'the second model has a journal');
  for (let n = 1; n <= calm.calls + 1; n++) {
    await trials.run(`cut at call ${n}: ${calm.log[n - 1]}`, async () => {
      const files = new PowerCutFileSystem(start, n);
      await runOn(files, { resume: resumed }).result.catch(() => {});
      const found = files.afterCut(loss);
      if (found.text(OUTPUT) !== 'of yesterday') trials.same(found.text(OUTPUT), wanted);
      must(found.text(INPUT) === sampleTable(ROWS), 'the input is another one');
      const again = runOn(found, { resume: true });
      must((await again.result).exitCode === 0, 'the resumed run fails');
      trials.same(found.text(OUTPUT), wanted);
      // The journal of a finished model is on the disk for good.
      if (n > journalOfB || resumed) must(!again.events.includes('load a'), 'finished work is done again');
    });
  }
}

export const POWER_CUTS: readonly Fault[] = (['names and data', 'data'] as const).flatMap((loss) =>
  [false, true].map((resumed) => ({
    group: 'power cut',
    name: `unsynced ${loss} gone, ${resumed ? 'resumed' : 'fresh'} run`,
    run: async (trials: Trials) => {
      await cutAtEveryCall(trials, loss, resumed);
      return undefined;
    },
  })),
);
