// The built command line with the scripted child in place of the one that runs models.
// usage: node command-line.mjs <arguments of run-scoring>
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { reportError } from '../../dist/src/cli/report-error.js';
import { run } from '../../dist/src/cli/run-command.js';
import { addRunOptions } from '../../dist/src/cli/run-options.js';
import { createSpawnModel } from '../../dist/src/worker/spawn-model.js';

process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

const script = fileURLToPath(new URL('./scripted-child.mjs', import.meta.url));
const args = process.argv.slice(2);
try {
  const options = addRunOptions(new Command()).parse(args, { from: 'user' }).opts();
  process.exitCode = await run(options, args, createSpawnModel({ script }));
} catch (error) {
  process.exitCode = await reportError(error);
}
