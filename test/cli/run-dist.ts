import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What `bin/run-scoring.js` starts; `npm test` builds it first. */
export const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Start {
  cwd?: string;
  env?: Record<string, string>;
  stdin?: string;
  /** Called once the process runs, to send it signals or to close its pipes. */
  during?: (child: ChildProcessWithoutNullStreams) => void;
}

/** Runs the built program as a user would, without a terminal. */
export function runScoring(args: readonly string[], options: Start = {}): Promise<Outcome> {
  return runNode(MAIN, args, options);
}

/** The same command line with a scripted model; see fake-run.mjs. */
export function runScripted(args: readonly string[], options: Start = {}): Promise<Outcome> {
  return runNode(fileURLToPath(new URL('./fake-run.mjs', import.meta.url)), args, options);
}

function runNode(script: string, args: readonly string[], options: Start): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd: options.cwd ?? ROOT,
      env: { PATH: process.env['PATH'] ?? '', ...options.env },
    });
    options.during?.(child);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    child.stdin.on('error', () => {});
    child.stdin.end(options.stdin ?? '');
  });
}
