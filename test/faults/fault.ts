import { expect, it } from 'vitest';
import { type FaultFigures, Trials } from './trials.js';

/** One fault, tried many times. */
export interface Fault {
  readonly group: string;
  readonly name: string;
  /** Returns why it cannot be tried on this machine, if so. */
  run(trials: Trials, long: boolean): Promise<string | undefined>;
}

/** What a test of a fault leaves for the table, as `task.meta.fault`. */
export interface FaultLine extends FaultFigures {
  readonly group: string;
  readonly name: string;
  readonly seconds: number;
  readonly skipped: string | null;
}

/** `npm run test:faults -- --long` sets it; the same code then runs more trials. */
const LONG = process.env['RUN_SCORING_FAULTS'] === 'long';

/** A test for each fault; the reporter gathers their figures into one table. */
export function testFaults(faults: readonly Fault[]): void {
  for (const fault of faults) {
    it(`${fault.group}: ${fault.name}`, async ({ task, skip }) => {
      const trials = new Trials();
      const started = performance.now();
      const why = await fault.run(trials, LONG);
      const line: FaultLine = {
        group: fault.group,
        name: fault.name,
        ...trials.figures,
        seconds: (performance.now() - started) / 1000,
        skipped: why ?? null,
      };
      Object.assign(task.meta, { fault: line });
      if (why !== undefined) skip(why);
      expect(trials.failures).toEqual([]);
      expect(trials.figures.trials).toBeGreaterThan(0);
    });
  }
}
