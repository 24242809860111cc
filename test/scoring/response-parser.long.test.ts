import { expect, it } from 'vitest';
import { fuzzParser } from './response-parser-corpus.js';

it('holds its promises under 1,000,000 mutations, none slower than a second', { timeout: 900_000 }, () => {
  const { parsed, slowestMs } = fuzzParser(1_000_000, 1_000_000);
  console.log(`1,000,000 mutated answers: ${parsed} parsed, slowest ${slowestMs.toFixed(1)} ms`);
  expect(slowestMs).toBeLessThan(1000);
});
