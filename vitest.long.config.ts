import { defineConfig } from 'vitest/config';

/** The long forms: hours of faults, a million mutations, ten thousand rows. `npm run test:long [name]`. */
export default defineConfig({
  test: {
    include: ['test/**/*.long.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    reporters: ['default', './test/closing-line-reporter.ts'],
  },
});
