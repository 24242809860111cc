import { expect, it } from 'vitest';
import { fuzzConfig } from './config-corpus.js';

it('answers 4,000 mutated configs with a config or a coded error', () => {
  const { accepted } = fuzzConfig(4_000, 1);
  expect(accepted).toBeGreaterThan(200);
  expect(accepted).toBeLessThan(3_800);
});
