import { expect, it } from 'vitest';
import { fuzzHeader } from './header-fuzz.js';

it('refuses mutated headers with a code or reads them soundly (5 times 100,000 mutations)', () => {
  for (let seed = 1; seed <= 5; seed++) expect(fuzzHeader(100_000, seed).refused).toBeGreaterThan(60_000);
}, 300_000);
