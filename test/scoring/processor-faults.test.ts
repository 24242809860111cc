import { expect, it } from 'vitest';
import { CODES, failEveryCall } from './failing-calls.js';

/** One code for each call; the long test takes all of them. */
const inTurn = (call: number) => [CODES[call % CODES.length]!];

it.each(['fresh', 'resumed', 'retried'])(
  'a file system that fails once, at any call of a %s run, costs nothing',
  async (start) => {
    const { trials, refused } = await failEveryCall(start, inTurn, false);
    expect(refused).toBeGreaterThan(trials / 2);
  },
);

it.each(['fresh', 'resumed', 'retried'])(
  'one that fails for good, from any call of a %s run on, costs nothing',
  async (start) => {
    const { trials, refused } = await failEveryCall(start, inTurn, true);
    expect(refused).toBeGreaterThan(trials / 2);
  },
);
