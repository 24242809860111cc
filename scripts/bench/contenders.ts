import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeWorkload } from './workload.js';

export const THREADS = 2;
/** Slots at which the memory is measured. */
export const SLOTS = 32;
/** What `batch_size: auto` chooses for this model where there is memory enough: 32 for each of two processes. */
const AUTOMATIC_SLOTS = 64;

/** One way to run a contender. */
export interface Setting {
  /** Rows side by side. */
  readonly batch: number;
  readonly threads: number;
  readonly variant?: string;
}

export interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  readonly bits: 8 | 4;
  /** Several: the best of a short probe. */
  readonly settings: readonly Setting[];
  /** A slower contender gets fewer rows: its rate does not depend on them. */
  readonly rows: number;
}

const here = fileURLToPath(new URL('.', import.meta.url));
/** Where the benchmark's own packages are installed. */
export const PACKAGES = fileURLToPath(new URL('../../../scripts/bench', import.meta.url));

/** All that can run on this machine; `say` is told what cannot, and why. */
export function findContenders(
  options: { readonly quick: boolean; readonly rows: number; readonly allRows: boolean },
  say: (line: string) => void,
): Contender[] {
  const { quick, rows, allRows } = options;
  const script = (name: string): string[] => [process.execPath, join(here, `${name}.js`)];
  const fewer = (count: number): number => (allRows ? rows : Math.min(rows, count));
  const batches = (...counts: number[]): Setting[] => counts.map((batch) => ({ batch, threads: THREADS }));
  const out: Contender[] = [];
  for (const bits of [8, 4] as const) {
    out.push({
      name: `ours_${bits}bit`,
      command: script('contender-ours'),
      bits,
      settings: batches(AUTOMATIC_SLOTS),
      rows,
    });
  }
  out.push({
    name: 'transformers_js',
    command: script('contender-transformers-js'),
    bits: 8,
    settings: quick ? batches(8) : [...batches(1, 8, 16), { batch: 8, threads: THREADS, variant: 'float32' }],
    rows: fewer(quick ? 8 : 16),
  });
  if (existsSync(join(PACKAGES, 'node_modules', 'node-llama-cpp'))) {
    for (const bits of [8, 4] as const) {
      out.push({
        name: `llama_cpp_${bits}bit`,
        command: script('contender-llama-cpp'),
        bits,
        // Its threads spin while they wait: where the processors are shared, one may be faster than two.
        settings: (quick ? [1] : [1, 8]).flatMap((batch) =>
          [1, THREADS].map((threads) => ({ batch, threads })),
        ),
        rows: fewer(quick ? 8 : 64),
      });
    }
  } else say('node-llama-cpp left out: run "npm ci --ignore-scripts --omit=optional" in scripts/bench first');
  if (quick) say("Hugging Face's pipeline left out of the quick form");
  else if (spawnSync('python3', ['-c', 'import torch, transformers'], { stdio: 'ignore' }).status === 0) {
    const workload = join(mkdtempSync(join(tmpdir(), 'bench-')), 'workload.json');
    writeFileSync(workload, JSON.stringify(makeWorkload(fewer(20))));
    out.push({
      name: 'hf_pipeline',
      command: ['python3', join(PACKAGES, 'contender-hf-pipeline.py'), workload],
      bits: 8,
      settings: ['float32', 'bfloat16'].map((variant) => ({ batch: 10, threads: THREADS, variant })),
      rows: fewer(20),
    });
  } else say("Hugging Face's pipeline left out: python3 finds no torch and transformers");
  return out;
}

/**
 * Those whose names begin with one of `only`, and that compute in `bits`.
 * @throws Error when a wanted name fits none, or nothing is left
 */
export function chooseContenders(
  all: readonly Contender[],
  only: readonly string[] | undefined,
  bits: string,
): Contender[] {
  if (!['8', '4', 'both'].includes(bits)) throw new Error('--bits is 8, 4 or both');
  const stranger = only?.find((name) => !all.some((one) => one.name.startsWith(name)));
  if (stranger !== undefined)
    throw new Error(`no contender "${stranger}" here; there are ${all.map(({ name }) => name).join(', ')}`);
  const chosen = all.filter(
    (one) =>
      (bits === 'both' || String(one.bits) === bits) &&
      (only?.some((name) => one.name.startsWith(name)) ?? true),
  );
  if (chosen.length === 0) throw new Error('no contender is left');
  return chosen;
}
