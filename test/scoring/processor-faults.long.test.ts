import { expect, it } from 'vitest';
import { CODES, failEveryCall } from './failing-calls.js';

const ways = ['fresh', 'resumed', 'retried'].flatMap((start) =>
  [false, true].map((forGood) => [start, forGood] as const),
);

it.each(ways)(
  'a file system that fails at any call of a %s run with any code costs nothing (for good: %s)',
  async (start, forGood) => {
    const { trials, refused } = await failEveryCall(start, () => CODES, forGood);
    console.log(JSON.stringify({ start, forGood, trials, refused, survived: trials }));
    expect(refused).toBeGreaterThan(trials / 2);
  },
  600_000,
);
