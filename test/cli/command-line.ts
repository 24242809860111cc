import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { runProgram } from '../../src/cli/program.js';
import { reportError } from '../../src/cli/report-error.js';

export interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command line in this process, errors reported as `main.ts` does. */
export async function runHere(args: readonly string[]): Promise<Said> {
  let stdout = '';
  let stderr = '';
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text, ...rest) => {
    stdout += String(text);
    for (const each of rest) if (typeof each === 'function') (each as () => void)();
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  try {
    const code = await runProgram(args).catch(reportError);
    return { code, stdout, stderr };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

export interface Folder {
  path(name: string): string;
  /** Writes a CSV of plain cells and returns its path. */
  table(name: string, rows: readonly (readonly (string | number)[])[]): Promise<string>;
  remove(): Promise<void>;
}

export async function newFolder(): Promise<Folder> {
  const folder = await mkdtemp(join(tmpdir(), 'tables-'));
  return {
    path: (name) => join(folder, name),
    table: async (name, rows) => {
      const quote = (cell: string | number) => `"${String(cell).replaceAll('"', '""')}"`;
      await writeFile(join(folder, name), rows.map((row) => `${row.map(quote).join(',')}\n`).join(''));
      return join(folder, name);
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

export function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}
