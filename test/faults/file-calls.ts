import { RunScoringError } from '../../src/foundation/errors.js';
import type { CsvRunOptions } from '../../src/scoring/multi-model-batch-processor.js';
import {
  freshFiles,
  INPUT,
  OUTPUT,
  runOn,
  sampleTable,
  stopAt,
  undisturbed,
} from '../scoring/processor-runs.js';
import type { MemoryFileSystem } from '../table/memory-file-system.js';
import type { Fault } from './fault.js';
import { FaultyFileSystem } from './faulty-file-system.js';
import { must, type Trials } from './trials.js';

const ROWS = 6;
const CODES = ['ENOSPC', 'EIO', 'EACCES', 'EDQUOT', 'EMFILE'];

/** What was there before the run whose calls fail, and how that run is started. */
const STARTS: readonly {
  name: string;
  prepare: (files: MemoryFileSystem) => Promise<unknown>;
  options: Partial<CsvRunOptions>;
}[] = [
  { name: 'fresh', prepare: async (files) => files.put(OUTPUT, 'of yesterday'), options: {} },
  { name: 'resumed', prepare: (files) => stopAt(files, 'b', 3), options: { resume: true } },
  {
    name: 'retried',
    prepare: async (files) => {
      const statusOf = (row: number) =>
        row === 0 || row === 3 ? ('error_timeout' as const) : ('ok' as const);
      await runOn(files, {}, { scripts: { a: { statusOf, dieAtRow: 5, readAhead: 0 }, b: { statusOf } } })
        .result;
      await stopAt(files, 'b', 0, { retryErrors: true });
    },
    options: { retryErrors: true },
  },
];

/**
 * Every file-system call of a fresh, a resumed and a retried run fails in turn, once or from then on. Whatever comes of
 * it: the old output stands or the new one is whole, the input is as it was, an error is a named one, and the same line
 * with --resume afterwards gives what an undisturbed run gives.
 */
async function failEveryCall(trials: Trials, code: string, forGood: boolean, long: boolean): Promise<void> {
  const wanted = await undisturbed(ROWS);
  for (const { name, prepare, options } of STARTS) {
    const prepared = freshFiles(ROWS);
    await prepare(prepared);
    const before = prepared.text(OUTPUT);
    const counting = new FaultyFileSystem(prepared.clone(), () => undefined);
    await runOn(counting, options).result;
    must(counting.calls > 50, 'a run makes more calls than that');
    for (let n = 1; n <= counting.calls; n++) {
      // The short form takes one code for each call, the long one all of them.
      if (!long && n % CODES.length !== CODES.indexOf(code)) continue;
      await trials.run(`${name}, ${code} at call ${n}: ${counting.log[n - 1]}`, async () => {
        const files = prepared.clone();
        const faulty = new FaultyFileSystem(files, (call) =>
          call === n || (forGood && call > n) ? code : undefined,
        );
        const error = await runOn(faulty, options).result.then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error === undefined) trials.same(files.text(OUTPUT), wanted);
        else {
          if (!(error instanceof RunScoringError)) throw error;
          must(/^(INPUT_UNREADABLE|OUTPUT_FAILED)$/.test(error.code), `the error ${error.code}`);
          if (files.text(OUTPUT) !== before) trials.same(files.text(OUTPUT), wanted);
        }
        must(files.text(INPUT) === sampleTable(ROWS), 'the input is another one');
        const again = await runOn(files, { resume: true, ...options }).result;
        must(again.exitCode === 0, `the resumed run ends with ${again.exitCode}`);
        trials.same(files.text(OUTPUT), wanted);
        const left = await files.list('/folder');
        must(!left.some((file) => file.includes('draft')), 'a draft is left over');
      });
    }
  }
}

export const FILE_CALLS: readonly Fault[] = CODES.flatMap((code) =>
  [false, true].map((forGood) => ({
    group: 'nth file call fails',
    name: `${code} ${forGood ? 'for good' : 'once'}`,
    run: async (trials: Trials, long: boolean) => {
      await failEveryCall(trials, code, forGood, long);
      return undefined;
    },
  })),
);
