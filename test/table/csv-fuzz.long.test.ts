import { expect, it } from 'vitest';
import { fuzzCsv } from './csv-fuzz.js';

it('1,000,000 mutated CSV files give named errors or all of their text, in time', async () => {
  const result = await fuzzCsv(1_000_000, 2);
  console.log(JSON.stringify(result));
  expect(result.files).toBe(1_000_000);
}, 7_200_000);
