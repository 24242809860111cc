import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const reporter = fileURLToPath(new URL('./closing-line-reporter.ts', import.meta.url));
const faultTable = fileURLToPath(new URL('./faults/fault-table-reporter.ts', import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.long.test.ts', 'node_modules/**', 'dist/**'],
    // Forked processes: ONNX Runtime's typed arrays must come from the test's own realm.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', faultTable, reporter],
  },
});
