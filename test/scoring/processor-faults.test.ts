import { describe, expect, it } from 'vitest';
import { CODES, failEveryCall } from './failing-calls.js';

/** One code for each call; the long test takes all of them. */
const inTurn = (call: number) => [CODES[call % CODES.length]!];

describe('a failing file system', () => {
  it('that fails once, at any call, costs nothing', async () => {
    const { trials, refused } = await failEveryCall(inTurn, false);
    expect(refused).toBeGreaterThan(trials / 2);
  });

  it('that fails for good, from any call on, costs nothing', async () => {
    const { trials, refused } = await failEveryCall(inTurn, true);
    expect(refused).toBeGreaterThan(trials / 2);
  });
});
