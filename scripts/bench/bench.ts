import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Job } from './contender.js';
import { productSeconds } from './gemm-bound.js';
import { modelFolder } from './make-model.js';
import { type Measured, runContender } from './run-contender.js';
import { makeWorkload } from './workload.js';

/**
 * This engine beside transformers.js, node-llama-cpp and Hugging Face's pipeline, on the same random weights and the
 * same work, in turns. See README.md beside this file.
 */
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    rows: { type: 'string' },
    only: { type: 'string' },
    'all-rows': { type: 'boolean', default: false },
  },
});
const quick = options.quick;
const rounds = Number(options.rounds ?? (quick ? 1 : 3));
const rows = Number(options.rows ?? (quick ? 32 : 128));
const THREADS = 2;
const SLOTS = 32;
const here = fileURLToPath(new URL('.', import.meta.url));
const packages = fileURLToPath(new URL('../../../scripts/bench', import.meta.url));
const say = (line: string): void => void process.stderr.write(`${line}\n`);

interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  readonly bits: 8 | 4;
  /** Rows side by side; several: the best of a short probe. */
  readonly batches: readonly number[];
  /** Threads to choose from by the probe. */
  readonly threads: readonly number[];
  /** A slower contender gets fewer rows: its rate does not depend on them. */
  readonly rows: number;
}

const folder = await modelFolder([8, 4]);
const script = (name: string): string[] => [process.execPath, join(here, `${name}.js`)];
const fewer = (count: number): number => (options['all-rows'] ? rows : Math.min(rows, count));
const candidates: Contender[] = [
  { name: 'ours_8bit', command: script('contender-ours'), bits: 8, batches: [SLOTS], threads: [2], rows },
  { name: 'ours_4bit', command: script('contender-ours'), bits: 4, batches: [SLOTS], threads: [2], rows },
  {
    name: 'transformers_js',
    command: script('contender-transformers-js'),
    bits: 8,
    batches: quick ? [8] : [1, 8, 16],
    threads: [2],
    rows: fewer(quick ? 8 : 16),
  },
];
if (existsSync(join(packages, 'node_modules', 'node-llama-cpp'))) {
  for (const bits of [8, 4] as const) {
    candidates.push({
      name: `llama_cpp_${bits}bit`,
      command: script('contender-llama-cpp'),
      bits,
      batches: quick ? [1] : [1, 8],
      threads: quick ? [2] : [1, 2],
      rows: fewer(quick ? 8 : 64),
    });
  }
} else say('node-llama-cpp left out: run "npm ci --ignore-scripts --omit=optional" in scripts/bench first');
const python = spawnSync('python3', ['-c', 'import torch, transformers'], { stdio: 'ignore' });
if (quick) say("Hugging Face's pipeline left out of the quick form");
else if (python.status === 0) {
  const workload = join(mkdtempSync(join(tmpdir(), 'bench-')), 'workload.json');
  writeFileSync(workload, JSON.stringify(makeWorkload(fewer(20))));
  const program = join(packages, 'contender-hf-pipeline.py');
  candidates.push({
    name: 'hf_pipeline',
    command: ['python3', program, workload],
    bits: 8,
    batches: [10],
    threads: [2],
    rows: fewer(20),
  });
} else say("Hugging Face's pipeline left out: python3 finds no torch and transformers");
const wanted = options.only?.split(',');
const contenders = candidates.filter(({ name }) => wanted?.includes(name) ?? true);

const rate = (m: Measured, count: number): number => count / m.seconds;
const run = (contender: Contender, job: Partial<Job>): Promise<Measured> => {
  const whole: Job = {
    folder,
    bits: contender.bits,
    rows: contender.rows,
    threads: contender.threads[0]!,
    batch: contender.batches[0]!,
    ...job,
  };
  return runContender(contender.command, whole, { BENCH_PACKAGES: packages, CI: 'true' });
};

/** The fastest setting of a contender, found on few rows. */
async function bestSetting(contender: Contender): Promise<{ batch: number; threads: number }> {
  const { batches, threads } = contender;
  let best = { batch: batches[0]!, threads: threads[0]!, rate: 0 };
  if (batches.length * threads.length === 1) return best;
  for (const batch of batches) {
    for (const thread of threads) {
      const few = Math.max(batch, 8);
      const measured = rate(await run(contender, { batch, threads: thread, rows: few }), few);
      say(`  ${contender.name}: batch ${batch}, ${thread} threads: ${measured.toFixed(3)} rows/s`);
      if (measured > best.rate) best = { batch, threads: thread, rate: measured };
    }
  }
  return best;
}

const settings = new Map<string, { batch: number; threads: number }>();
for (const contender of contenders) settings.set(contender.name, await bestSetting(contender));
const measured = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
for (let round = 1; round <= rounds; round++) {
  for (const contender of contenders) {
    const result = await run(contender, settings.get(contender.name)!);
    measured.get(contender.name)!.push(result);
    say(`round ${round}: ${contender.name} ${rate(result, contender.rows).toFixed(3)} rows/s`);
  }
}

const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};
const rounded = (value: number, digits = 3): number => Number(value.toFixed(digits));
/** Median of the ratios of rates, round by round; null when one of the two did not run. */
const ratio = (ours: string, theirs: string): number | null => {
  const a = measured.get(ours);
  const b = measured.get(theirs);
  if (a === undefined || b === undefined) return null;
  const rowsOf = (name: string): number => contenders.find((c) => c.name === name)!.rows;
  return rounded(median(a.map((one, i) => rate(one, rowsOf(ours)) / rate(b[i]!, rowsOf(theirs)))), 2);
};

const table = contenders.map(({ name, rows: count }) => {
  const all = measured.get(name)!;
  const of = (pick: (m: Measured) => number): number => median(all.map(pick));
  const { batch, threads } = settings.get(name)!;
  return {
    name,
    setting: `${batch} rows, ${threads} threads`,
    rows_per_s: rounded(of((m) => rate(m, count))),
    cpu_s_per_row: rounded(of((m) => m.cpuSeconds / count)),
    peak_rss_mb: Math.round(of((m) => m.peakBytes / 1e6)),
    tokens_per_s: rounded(
      of((m) => (m.prefillTokens + m.decodeTokens) / m.seconds),
      1,
    ),
    prefill_tokens_per_s: all[0]!.prefillSeconds
      ? rounded(
          of((m) => (m.prefillTokens / m.prefillSeconds!) * 2),
          1,
        )
      : null,
    decode_tokens_per_s: all[0]!.decodeSeconds
      ? rounded(
          of((m) => (m.decodeTokens / m.decodeSeconds!) * 2),
          1,
        )
      : null,
  };
});
const columns = Object.keys(table[0]!) as (keyof (typeof table)[number])[];
const width = (column: string): number =>
  Math.max(column.length, ...table.map((line) => String(line[column as 'name'] ?? '-').length));
console.log(columns.map((column) => column.padEnd(width(column))).join('  '));
for (const line of table)
  console.log(columns.map((column) => String(line[column] ?? '-').padEnd(width(column))).join('  '));

const ours = measured.get('ours_8bit')?.at(-1);
const bound =
  ours === undefined
    ? null
    : await productSeconds(8, {
        prefillTokens: ours.prefillTokens + THREADS * makeWorkload(1).prefix.length,
        prefillRows: 256,
        decodeTokens: ours.decodeTokens,
        decodeRows: SLOTS / THREADS,
      });
console.log(
  JSON.stringify({
    rows,
    rounds,
    contenders: Object.fromEntries(
      table.map(({ name, rows_per_s, cpu_s_per_row, peak_rss_mb }) => [
        name,
        { rows_per_s, cpu_s_per_row, peak_rss_mb },
      ]),
    ),
    ratio_vs_transformers_js: ratio('ours_8bit', 'transformers_js'),
    ratio_vs_llama_cpp: ratio('ours_8bit', 'llama_cpp_8bit'),
    ratio_vs_llama_cpp_4bit: ratio('ours_4bit', 'llama_cpp_4bit'),
    ratio_vs_hf_pipeline: ratio('ours_8bit', 'hf_pipeline'),
    gemm_bound_fraction: bound === null ? null : rounded(bound / ours!.cpuSeconds),
  }),
);
