import { freshFiles, OUTPUT, RUN_FOLDER, runOn, undisturbed } from '../scoring/processor-runs.js';
import type { Fault } from './fault.js';
import { must, type Trials } from './trials.js';

const ROWS = 12;
const SETUP = { names: ['a'] };
const JOURNAL = `${RUN_FOLDER}/a.journal.jsonl`;

/** What can be found in place of a journal; undefined where this damage is not tried at this byte. */
type Damaging = (whole: Buffer, at: number) => Buffer | undefined;

/** Damages the journal of a broken-off run at each byte in turn and resumes: the output must be the same. */
async function damageJournals(trials: Trials, long: boolean, damaging: Damaging): Promise<void> {
  const wanted = await undisturbed(ROWS, {}, SETUP);
  const files = freshFiles(ROWS);
  // The model is lost at the last row, so the journal stays.
  await runOn(files, {}, { ...SETUP, script: { dieAtRow: 11, readAhead: 0 } }).result;
  const whole = files.get(JOURNAL)!;
  const lineEnds = [...whole.entries()].filter(([, byte]) => byte === 10).map(([at]) => at);
  must(lineEnds.length === 9, 'the journal has nine lines');
  for (let at = 0; at <= whole.length; at++) {
    // The short form takes every byte near the ends of lines, every eleventh elsewhere.
    if (!long && at % 11 !== 0 && !lineEnds.some((end) => Math.abs(end - at) < 16)) continue;
    const damaged = damaging(whole, at);
    if (damaged === undefined) continue;
    await trials.run(`byte ${at}`, async () => {
      const copy = files.clone();
      copy.put(JOURNAL, damaged);
      const { exitCode } = await runOn(copy, { resume: true }, SETUP).result;
      must(exitCode === 0, `the resumed run ends with ${exitCode}`);
      trials.same(copy.text(OUTPUT), wanted);
    });
  }
}

const KINDS: Readonly<Record<string, Damaging>> = {
  'cut at every byte': (whole, at) => whole.subarray(0, at),
  'ends in zeros': (whole, at) => Buffer.concat([whole.subarray(0, at), Buffer.alloc(300)]),
  'a flipped bit': (whole, at) => {
    if (at === whole.length) return undefined;
    const flipped = Buffer.from(whole);
    flipped[at]! ^= 1 << (at % 8);
    return flipped;
  },
};

export const DAMAGED_JOURNALS: readonly Fault[] = Object.entries(KINDS).map(([name, damaging]) => ({
  group: 'journal',
  name,
  run: async (trials, long) => {
    await damageJournals(trials, long, damaging);
    return undefined;
  },
}));
