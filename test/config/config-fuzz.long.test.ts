import { expect, it } from 'vitest';
import { fuzzConfig } from './config-corpus.js';

it('answers 1,000,000 mutated configs with a config or a coded error', { timeout: 3_600_000 }, () => {
  const { accepted, slowestMs } = fuzzConfig(1_000_000, 1_000_000);
  console.log(`1,000,000 mutated configs: ${accepted} accepted, slowest ${slowestMs.toFixed(1)} ms`);
  expect(slowestMs).toBeLessThan(1000);
});
