import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { WeightFormat } from '../checkpoint/decoder-contract.js';
import { type ErrorCode, RunScoringError } from '../foundation/errors.js';
import type { FromThread, ThreadTask } from './conversion-thread.js';
import type { FillData } from './model-file.js';

const THREAD = new URL('./conversion-thread.js', import.meta.url);
/** The disk is the limit well before more threads than these are. */
const MOST_THREADS = 4;
/** Bytes of transposed matrices that all threads together may hold. */
const BAND_BYTES = 1280 << 20;

/**
 * A way to write a converted checkpoint's data file with several threads, each taking one weight group after the other.
 * null where one thread is to do it: threads start from compiled files, and sources that are run as they stand have none.
 */
export function fillInThreads(source: string, format: WeightFormat, threads: number): FillData | null {
  const count = Math.min(threads, MOST_THREADS);
  if (count < 2 || !existsSync(THREAD)) return null;
  return async (dataPath, groups, report) => {
    const bytesOf = (index: number): number =>
      groups[index]!.tensors.reduce((sum, tensor) => sum + tensor.byteLength, 0);
    const task: ThreadTask = {
      source,
      dataPath,
      format,
      next: new SharedArrayBuffer(4),
      order: groups.map((_, index) => index).sort((a, b) => bytesOf(b) - bytesOf(a)),
      bandBytes: Math.floor(BAND_BYTES / count),
    };
    const workers = Array.from({ length: count }, () => new Worker(THREAD, { workerData: task }));
    try {
      await Promise.all(workers.map((worker) => finished(worker, report)));
    } finally {
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
  };
}

function finished(worker: Worker, report: (bytes: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'written') report(message.bytes);
      else if (message.kind === 'done') resolve();
      else reject(errorOf(message));
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('a conversion thread ended early')));
  });
}

function errorOf({ coded, system }: FromThread & { kind: 'failed' }): Error {
  if (coded === null) return Object.assign(new Error('a conversion thread failed'), { code: system });
  return new RunScoringError(coded.code as ErrorCode, coded.message, {
    at: coded.at,
    ...(coded.hint === null ? {} : { hint: coded.hint }),
  });
}
