import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Notebook, notebookOf, printedBy } from '../../scripts/notebook/cells.js';
import { executeNotebook, findKernel, newWorkFolder } from '../../scripts/notebook/execute.js';
import { ROOT, runScoring } from '../cli/run-dist.js';

const script = readFileSync(join(ROOT, 'scripts', 'orchestrator.ts'), 'utf8');
const stored = JSON.parse(readFileSync(join(ROOT, 'scripts', 'orchestrator.ipynb'), 'utf8')) as Notebook;

let folder: string;
let printed: string;
beforeAll(async () => {
  folder = await newWorkFolder(ROOT);
  const program = join(ROOT, 'dist', 'scripts', 'orchestrator.js');
  printed = (await promisify(execFile)(process.execPath, [program], { cwd: folder })).stdout;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Without VNNI, ONNX Runtime's products of 8-bit numbers saturate, and a model may answer otherwise. */
async function hasVnni(): Promise<boolean> {
  const facts = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  return /^flags.*\b(?:avx512_vnni|avx_vnni)\b/m.test(facts);
}

describe('scripts/orchestrator.ts', () => {
  it('knows the public interface only', () => {
    const imported = [...script.matchAll(/from '([^']+)'/g)].map((match) => match[1]!);
    expect(imported.filter((name) => !name.startsWith('node:'))).toEqual(['../src/index.js']);
  });

  it('saves, to the byte, what a run with the same vote writes', async () => {
    const args = ['--input', 'data/sample.csv', '--output', 'run.csv', '--config', 'config/config.yaml'];
    const vote = ['--multi-model', '--ensemble', 'majority', '--ties', 'confident', '--quiet'];
    expect((await runScoring([...args, ...vote], { cwd: folder })).code).toBe(0);
    expect(await readFile(join(folder, 'results.csv'), 'utf8')).toBe(
      await readFile(join(folder, 'run.csv'), 'utf8'),
    );
  });
});

describe('scripts/orchestrator.ipynb', () => {
  it('holds the cells of the script (else: npm run notebook)', () => {
    const cells = stored.cells.map((cell) =>
      cell.cell_type === 'code' ? { ...cell, execution_count: null, outputs: [] } : cell,
    );
    expect({ ...stored, cells }).toEqual(notebookOf(script));
  });

  it('shows what the script prints (else, as after a change of the models: npm run notebook)', async ({
    skip,
  }) => {
    if (!(await hasVnni())) return skip('the notebook was made on a processor with VNNI');
    expect(printedBy(stored)).toBe(printed);
  });

  it('prints in a Deno kernel what the script prints', async ({ skip }) => {
    const kernel = await findKernel(ROOT);
    if (typeof kernel === 'string') return skip(kernel);
    expect(printedBy(await executeNotebook(ROOT, kernel, notebookOf(script)))).toBe(printed);
  });
});

describe('the percent format', () => {
  it('becomes cells of text and code', () => {
    const { cells } = notebookOf(
      "// %% [markdown]\n// # A\n//\n// b\n\n// %%\nimport { x } from '../src/index.js';\n\n// said\nx();\n\n",
    );
    expect(cells).toEqual([
      { cell_type: 'markdown', id: 'step-1', metadata: {}, source: ['# A\n', '\n', 'b'] },
      {
        cell_type: 'code',
        id: 'step-2',
        metadata: {},
        source: ["import { x } from '../dist/src/index.js';\n", '\n', '// said\n', 'x();'],
        execution_count: null,
        outputs: [],
      },
    ]);
    expect(() => notebookOf('x();\n// %%\n')).toThrow();
  });
});
