// Runs the fault matrix and ends with its table.
// usage: node test/faults/run.mjs [--long] [--only <part of a name>]; exits with 1 when a trial did not survive.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { long: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const args = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vitest.faults.config.ts'];
if (values.only !== undefined) args.push('-t', values.only);
const { status } = spawnSync(process.execPath, args, {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, RUN_SCORING_FAULTS: values.long ? 'long' : 'short' },
});
process.exitCode = status === 0 ? 0 : 1;
