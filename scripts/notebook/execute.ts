import { execFile } from 'node:child_process';
import { access, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Notebook } from './cells.js';

/** What runs a notebook: the Deno kernel and Jupyter's own client. */
export interface Kernel {
  readonly deno: string;
  readonly jupyterExecute: string;
}

/**
 * Looks in `scripts/notebook/` and on the path.
 * @param root folder of the repository
 * @returns a sentence that says what is missing, where something is
 */
export async function findKernel(root: string): Promise<Kernel | string> {
  const own = join(root, 'scripts', 'notebook');
  const deno = await find('deno', join(own, 'node_modules', '.bin'));
  if (deno === undefined) return 'Deno is not installed; see scripts/notebook/README.md';
  const jupyterExecute = await find('jupyter-execute', join(own, '.venv', 'bin'));
  if (jupyterExecute === undefined) return 'nbclient is not installed; see scripts/notebook/README.md';
  return { deno, jupyterExecute };
}

/**
 * Executes a notebook as though it lay in `scripts/`, in a folder of its own, so that what it writes is not left behind.
 * @throws Error with the kernel's message when a cell fails
 */
export async function executeNotebook(root: string, kernel: Kernel, notebook: Notebook): Promise<Notebook> {
  const folder = await newWorkFolder(root);
  try {
    const path = join(folder, 'scripts', 'orchestrator.ipynb');
    await mkdir(join(folder, 'scripts'));
    await writeFile(path, JSON.stringify(withPauses(notebook)));
    const spec = {
      argv: [kernel.deno, 'jupyter', '--kernel', '--conn', '{connection_file}'],
      display_name: 'Deno',
      language: 'typescript',
    };
    const jupyter = join(folder, 'jupyter');
    await mkdir(join(jupyter, 'kernels', 'deno'), { recursive: true });
    await writeFile(join(jupyter, 'kernels', 'deno', 'kernel.json'), JSON.stringify(spec));
    await promisify(execFile)(kernel.jupyterExecute, ['--inplace', '--timeout=300', path], {
      env: {
        ...process.env,
        JUPYTER_PATH: jupyter,
        JUPYTER_RUNTIME_DIR: join(folder, 'runtime'),
        IPYTHONDIR: join(folder, 'ipython'),
        DENO_DIR: join(folder, 'deno'),
        DENO_NO_UPDATE_CHECK: '1',
        NO_COLOR: '1',
      },
      timeout: 300_000,
    });
    return JSON.parse(await readFile(path, 'utf8')) as Notebook;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The Deno kernel hands on what was printed a little later, and may put it under the next cell, or lose the end of it. */
function withPauses(notebook: Notebook): Notebook {
  const cells = notebook.cells.map((cell, at) => {
    if (cell.cell_type !== 'code') return cell;
    const ms = at === notebook.cells.length - 1 ? 1000 : 250;
    return { ...cell, source: [...cell.source, `\nawait new Promise((go) => setTimeout(go, ${ms}));`] };
  });
  return { ...notebook, cells };
}

/** A folder that looks like the repository to a run, and whose files may be written. */
export async function newWorkFolder(root: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'orchestrator-'));
  await cp(join(root, 'config'), join(folder, 'config'), { recursive: true });
  for (const name of ['data', 'dist', 'node_modules', 'package.json']) {
    await symlink(join(root, name), join(folder, name));
  }
  return folder;
}

async function find(program: string, own: string): Promise<string | undefined> {
  for (const folder of [own, ...(process.env['PATH'] ?? '').split(delimiter)]) {
    const path = join(folder, program);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}
