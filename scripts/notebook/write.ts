import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { notebookOf, withOutputs } from './cells.js';
import { executeNotebook, findKernel } from './execute.js';

/** Makes scripts/orchestrator.ipynb from scripts/orchestrator.ts and executes it: `npm run notebook`. */
const root = fileURLToPath(new URL('../../..', import.meta.url));
const kernel = await findKernel(root);
if (typeof kernel === 'string') {
  process.stderr.write(`${kernel}\n`);
  process.exit(1);
}
const notebook = notebookOf(await readFile(`${root}/scripts/orchestrator.ts`, 'utf8'));
const executed = await executeNotebook(root, kernel, notebook);
const target = `${root}/scripts/orchestrator.ipynb`;
await writeFile(target, `${JSON.stringify(withOutputs(notebook, executed), null, 1)}\n`);
process.stderr.write('wrote scripts/orchestrator.ipynb\n');
