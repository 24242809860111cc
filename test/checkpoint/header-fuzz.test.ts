import { expect, it } from 'vitest';
import { fuzzHeader } from './header-fuzz.js';

it('refuses mutated headers with a code or reads them soundly (20,000 mutations)', () => {
  const { refused, codes } = fuzzHeader(20_000, 20_240_601);
  // Some mutations leave the file sound (a changed name or value); most do not.
  expect(refused).toBeGreaterThan(12_000);
  expect(refused).toBeLessThan(20_000);
  expect([...codes].sort()).toEqual([
    'MODEL_FILE_TRUNCATED',
    'MODEL_SAFETENSORS_HEADER',
    'MODEL_SAFETENSORS_OFFSETS',
  ]);
});
