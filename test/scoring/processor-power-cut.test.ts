import { expect, it } from 'vitest';
import { type Loss, PowerCutFileSystem } from './power-cut-file-system.js';
import {
  freshFiles,
  INPUT,
  OUTPUT,
  RUN_FOLDER,
  runOn,
  sampleTable,
  stopAt,
  undisturbed,
} from './processor-runs.js';

const ROWS = 6;

it.each<[Loss, boolean]>([
  ['names and data', false],
  ['data', false],
  ['names and data', true],
  ['data', true],
])(
  'a power cut at any moment that takes unsynced %s costs nothing (resumed run: %s)',
  async (loss, resumed) => {
    const wanted = await undisturbed(ROWS);
    const start = freshFiles(ROWS);
    start.put(OUTPUT, 'of yesterday');
    if (resumed) await stopAt(start, 'b', 3);
    const calm = new PowerCutFileSystem(start, Number.POSITIVE_INFINITY);
    await runOn(calm, { resume: resumed }).result;
    const journalOfB = calm.log.indexOf(`open append ${RUN_FOLDER}/b.journal.jsonl`) + 1;
    expect(journalOfB).toBeGreaterThan(0);
    for (let n = 1; n <= calm.calls + 1; n++) {
      const files = new PowerCutFileSystem(start, n);
      await runOn(files, { resume: resumed }).result.catch(() => {});
      const found = files.afterCut(loss);
      const where = `cut at call ${n}: ${calm.log[n - 1]}`;
      expect(['of yesterday', wanted], where).toContain(found.text(OUTPUT));
      expect(found.text(INPUT), where).toBe(sampleTable(ROWS));
      const again = runOn(found, { resume: true });
      expect((await again.result).exitCode, where).toBe(0);
      expect(found.text(OUTPUT), where).toBe(wanted);
      // The journal of a finished model is on the disk for good.
      if (n > journalOfB || resumed) expect(again.events, where).not.toContain('load a');
    }
  },
);
