import { expect, it } from 'vitest';
import { successfulAttacks, TEMPLATES } from './control-tokens.js';

it.each(Object.entries(TEMPLATES))(
  '%s: 100,000 attacks, no control token out of a profile',
  async (_, folder) => {
    expect(await successfulAttacks(folder, 100_000)).toEqual([]);
  },
  3_600_000,
);
