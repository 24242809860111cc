import { expect, it } from 'vitest';
import { successfulAttacks, TEMPLATES } from './control-tokens.js';

it.each(Object.entries(TEMPLATES))('%s: no text of a profile becomes a control token', async (_, folder) => {
  expect(await successfulAttacks(folder, 400)).toEqual([]);
});
