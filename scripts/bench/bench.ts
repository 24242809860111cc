import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Job } from './contender.js';
import {
  type Contender,
  chooseContenders,
  findContenders,
  PACKAGES,
  type Setting,
  SLOTS,
} from './contenders.js';
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
    bits: { type: 'string', default: 'both' },
    'rows-sweep': { type: 'boolean', default: false },
    'all-rows': { type: 'boolean', default: false },
  },
});
if (options['rows-sweep']) {
  const sweep = fileURLToPath(new URL('./rows-sweep.js', import.meta.url));
  process.exit(spawnSync(process.execPath, [sweep], { stdio: 'inherit' }).status ?? 1);
}
const quick = options.quick;
const rounds = Number(options.rounds ?? (quick ? 1 : 3));
const rows = Number(options.rows ?? (quick ? 64 : 256));
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const folder = await modelFolder([8, 4]);
const contenders = chooseContenders(
  findContenders({ quick, rows, allRows: options['all-rows'] }, say),
  options.only?.split(','),
  options.bits,
);

const rate = (m: Measured, count: number): number => count / m.seconds;
const describe = ({ batch, threads, variant }: Setting): string =>
  [`${batch} rows`, `${threads} threads`, ...(variant === undefined ? [] : [variant])].join(', ');
const run = (contender: Contender, job: Partial<Job>): Promise<Measured> => {
  const whole: Job = {
    folder,
    bits: contender.bits,
    rows: contender.rows,
    ...contender.settings[0]!,
    ...job,
  };
  return runContender(contender.command, whole, { BENCH_PACKAGES: PACKAGES, CI: 'true' });
};

/** The fastest setting of a contender, found on few rows. */
async function bestSetting(contender: Contender): Promise<Setting> {
  const { settings } = contender;
  let best = settings[0]!;
  let fastest = 0;
  if (settings.length === 1) return best;
  for (const setting of settings) {
    const few = Math.max(setting.batch, quick ? 2 : 8);
    const measured = rate(await run(contender, { ...setting, rows: few }), few);
    say(`  ${contender.name}: ${describe(setting)}: ${measured.toFixed(3)} rows/s`);
    if (measured > fastest) [best, fastest] = [setting, measured];
  }
  return best;
}

const settings = new Map<string, Setting>();
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
  return {
    name,
    setting: describe(settings.get(name)!),
    rows_per_s: rounded(of((m) => rate(m, count))),
    cpu_s_per_row: rounded(of((m) => m.cpuSeconds / count)),
    peak_rss_mb: Math.round(of((m) => m.peakBytes / 1e6)),
    sum_hwm_mb: Math.round(of((m) => m.residentBytes / 1e6)),
    tokens_per_s: rounded(
      of((m) => (m.prefillTokens + m.decodeTokens) / m.seconds),
      1,
    ),
    prefill_tokens_per_s: all[0]!.prefillSeconds
      ? rounded(
          of((m) => (m.prefillTokens / m.prefillSeconds!) * (m.processes ?? 1)),
          1,
        )
      : null,
    decode_tokens_per_s: all[0]!.decodeSeconds
      ? rounded(
          of((m) => (m.decodeTokens / m.decodeSeconds!) * (m.processes ?? 1)),
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

// Greedy and without a grammar, two contenders choose the same tokens but for what their rounding changes.
const free = contenders.filter(({ name }) => !name.startsWith('ours'));
free.forEach((one, i) => {
  for (const other of free.slice(i + 1)) {
    const [a, b] = [one, other].map(({ name }) => measured.get(name)![0]!.firstTokens);
    const both = Math.min(a!.length, b!.length);
    if (both === 0) continue;
    const same = a!.slice(0, both).filter((tokens, row) => tokens[0] === b![row]![0]).length;
    say(`${one.name} and ${other.name}: the same first token in ${same} of ${both} rows`);
  }
});

// The same rows once more with float32 weights: how many get the same label? Random weights decide by a hair's breadth,
// so trained ones agree more often.
const agreement: Record<string, number> = {};
const quantised = quick ? [] : contenders.filter(({ name }) => name.startsWith('ours'));
if (quantised.length > 0) {
  const { labels } = await run(quantised[0]!, { bits: 32 });
  for (const { name } of quantised) {
    const same = measured.get(name)![0]!.labels!.filter((label, row) => label === labels![row]).length;
    agreement[name] = rounded(same / labels!.length);
    say(`${name} and float32: the same label in ${same} of ${labels!.length} rows`);
  }
}

const memory: Record<string, number> = {};
for (const contender of contenders.filter(({ name }) => name.startsWith('ours'))) {
  const { peakBytes } = await run(contender, { batch: SLOTS, rows: Math.max(2 * SLOTS, rows) });
  memory[contender.name] = Math.round(peakBytes / 1e6);
  say(`${contender.name}: ${memory[contender.name]} MB at most with ${SLOTS} slots`);
}

const ours = measured.get('ours_8bit');
const last = ours?.at(-1);
const processes = last?.processes ?? 1;
const bound =
  last === undefined
    ? null
    : await productSeconds(8, {
        prefillTokens: last.prefillTokens + processes * makeWorkload(1).prefix.length,
        prefillRows: 256,
        decodeTokens: last.decodeTokens,
        decodeRows: Math.ceil(settings.get('ours_8bit')!.batch / processes),
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
    [`peak_rss_mb_at_${SLOTS}_slots`]: memory,
    label_agreement_with_float32: agreement,
    gemm_bound_fraction: bound === null ? null : rounded(bound / median(ours!.map((m) => m.cpuSeconds))),
  }),
);
