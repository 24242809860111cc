import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const reporter = fileURLToPath(new URL('./closing-line-reporter.ts', import.meta.url));

/** The long forms: hours of faults, a million mutations, ten thousand rows. `npm run test:long [name]`. */
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.long.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    reporters: ['default', reporter],
  },
});
