import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const reporter = fileURLToPath(new URL('./faults/fault-table-reporter.ts', import.meta.url));

/** The fault matrix alone: `npm run test:faults`, with `-- --long` for all of its trials. */
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/faults/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: process.env['RUN_SCORING_FAULTS'] === 'long' ? 7_200_000 : 120_000,
    reporters: ['default', reporter],
  },
});
