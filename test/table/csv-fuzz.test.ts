import { expect, it } from 'vitest';
import { fuzzCsv } from './csv-fuzz.js';

it('mutated CSV files give named errors or all of their text, in time', async () => {
  const { refused, marked } = await fuzzCsv(2_000, 1);
  // The mutations do hit something.
  expect(refused).toBeGreaterThan(500);
  expect(marked).toBeGreaterThan(500);
});
