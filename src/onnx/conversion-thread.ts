import { open } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Checkpoint } from '../checkpoint/checkpoint.js';
import type { WeightFormat } from '../checkpoint/decoder-contract.js';
import { readModelConfig } from '../checkpoint/json-file.js';
import { RunScoringError } from '../foundation/errors.js';
import { architectures } from './architectures/registry.js';
import { checkpointSource } from './checkpoint-source.js';
import { buildDecoder } from './decoder.js';
import { groupOffsets, writeGroup } from './model-file.js';
import { Scratch } from './weights.js';

/**
 * One of the threads of a conversion. It builds the same decoder as the thread that started it, which is quick, and so
 * needs to be told no more than numbers of weight groups: it takes the next one that nobody has, until none is left.
 */

export interface ThreadTask {
  readonly source: string;
  readonly dataPath: string;
  readonly format: WeightFormat;
  /** Int32: the next place in `order` that is free. */
  readonly next: SharedArrayBuffer;
  /** Groups' numbers, the largest first, so that no thread begins one when the others are done. */
  readonly order: readonly number[];
  /** Bytes of a transposed matrix that this thread may hold. */
  readonly bandBytes: number;
}

export type FromThread =
  | { readonly kind: 'written'; readonly bytes: number }
  | { readonly kind: 'done' }
  | {
      readonly kind: 'failed';
      /** A coded error's parts, or a system error's code. */
      readonly coded: { code: string; message: string; at: object; hint: string | null } | null;
      readonly system: string | null;
    };

async function convert(task: ThreadTask): Promise<void> {
  const config = await readModelConfig(task.source);
  const checkpoint = await Checkpoint.open(task.source);
  const file = await open(task.dataPath, 'r+');
  try {
    const architecture = architectures.get(config.architecture)!;
    const { weights } = buildDecoder(config, architecture, checkpointSource(checkpoint), task.format);
    const offsets = groupOffsets(weights);
    const scratch = new Scratch(task.bandBytes);
    const next = new Int32Array(task.next);
    for (;;) {
      const index = task.order[Atomics.add(next, 0, 1)];
      if (index === undefined) return;
      await writeGroup(file, weights[index]!, offsets[index]!, scratch, (bytes) =>
        say({ kind: 'written', bytes }),
      );
    }
  } finally {
    await file.close();
    await checkpoint.close();
  }
}

function say(message: FromThread): void {
  parentPort!.postMessage(message);
}

convert(workerData as ThreadTask).then(
  () => say({ kind: 'done' }),
  (error: unknown) => {
    if (error instanceof RunScoringError) {
      const { code, message, at, hint } = error;
      say({ kind: 'failed', coded: { code, message, at, hint: hint ?? null }, system: null });
      return;
    }
    const system = (error as NodeJS.ErrnoException).code;
    say({ kind: 'failed', coded: null, system: typeof system === 'string' ? system : 'ERR_CONVERSION' });
  },
);
