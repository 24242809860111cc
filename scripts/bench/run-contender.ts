import { spawn } from 'node:child_process';
import type { Job, Result } from './contender.js';
import { memoryOfTree, type Peaks } from './process-tree.js';
import { makeWorkload } from './workload.js';

/** Adding up the pages of a large process takes tens of milliseconds, in which it cannot map others. */
const MEMORY_EVERY_MS = 1000;

export interface Measured extends Result {
  readonly peakBytes: number;
  /** Sum of the largest resident sets of all processes; a page that two share counts twice. */
  readonly residentBytes: number;
}

/** Runs one contender in a process of its own, beside nothing else. */
export function runContender(
  command: readonly string[],
  job: Job,
  env: Readonly<Record<string, string>>,
): Promise<Measured> {
  const [program, ...before] = command;
  const child = spawn(program!, [...before.slice(0, 1), JSON.stringify(job), ...before.slice(1)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let peakBytes = 0;
  const peaks: Peaks = new Map();
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, memoryOfTree(child.pid!, peaks));
  }, MEMORY_EVERY_MS);
  let output = '';
  let errors = '';
  child.stdout.on('data', (piece) => {
    output += piece;
  });
  child.stderr.on('data', (piece) => {
    errors += piece;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(timer);
      const last = output.trim().split('\n').at(-1) ?? '';
      if (code !== 0 || !last.startsWith('{')) {
        reject(new Error(`exit ${code}: ${errors.trim().split('\n').slice(-4).join(' | ')}`));
        return;
      }
      const result = JSON.parse(last) as Result;
      const asked = makeWorkload(job.rows).rows.reduce((sum, row) => sum + row.outputTokens, 0);
      // A contender that stops early would look fast.
      if (result.decodeTokens !== asked)
        reject(new Error(`made ${result.decodeTokens} tokens where ${asked} were asked for`));
      const residentBytes = [...peaks.values()].reduce((sum, bytes) => sum + bytes, 0);
      resolve({ ...result, peakBytes, residentBytes });
    });
  });
}
