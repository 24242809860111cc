import { expect, it } from 'vitest';
import { CODES, failEveryCall } from './failing-calls.js';

it.each([false, true])(
  'a file system that fails at any call with any code costs nothing (for good: %s)',
  async (forGood) => {
    const { trials, refused } = await failEveryCall(() => CODES, forGood);
    expect(refused).toBeGreaterThan(trials / 2);
  },
  600_000,
);
