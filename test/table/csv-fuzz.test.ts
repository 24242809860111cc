import { expect, it } from 'vitest';
import { fuzzCsv } from './csv-fuzz.js';

it('mutated CSV files give named errors or all of their text, in time', async () => {
  const { refused, marked } = await fuzzCsv(1_000, 1);
  // The mutations do hit something.
  expect(refused).toBeGreaterThan(250);
  expect(marked).toBeGreaterThan(250);
});
