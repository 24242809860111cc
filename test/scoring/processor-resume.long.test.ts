import { expect, it } from 'vitest';
import { checkDamagedJournals } from './damaged-journals.js';

it('a journal that is cut at any byte gives the same result', async () => {
  expect(await checkDamagedJournals(() => true)).toBeGreaterThan(2000);
}, 600_000);
