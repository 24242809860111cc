import { fileURLToPath } from 'node:url';
import { createConfig } from '../../src/config/create-config.js';
import type { ScoringRow } from '../../src/scoring/model-port.js';
import { createSpawnModel } from '../../src/worker/spawn-model.js';
import { answer, cpuSeconds, jobOfProcess } from './contender.js';
import { WARM_UP } from './workload.js';

/**
 * This project: the product's parent with its child processes, scheduler, grammar and generation graph.
 *
 * The product starts its second process only when rows are there for it. So that no loading is measured, rows that ask
 * for nothing go first, until every process has answered one; the clock starts once all of them are answered.
 */
const job = jobOfProcess();
const config = createConfig({
  models: [{ name: 'bench', enabled: true, model_id: './bench' }],
  generation: { batch_size: job.batch },
});
// The child is told the job through its environment.
process.env['BENCH_JOB'] = JSON.stringify(job);
const script = fileURLToPath(new URL('./ours-child.js', import.meta.url));
const model = await createSpawnModel({ script })(config.models[0]!, config, {
  device: 'cpu',
  offline: true,
  note: () => {},
});

interface Figures {
  readonly pid: number;
  /** Processes there will be. */
  readonly processes: number;
  readonly cpu: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly first: number[];
  readonly label: string;
}
const last = new Map<number, Figures>();
const firstTokens: number[][] = [];
const labels: string[] = [];
let prefillTokens = 0;
let decodeTokens = 0;

const LOADING_LIMIT_MS = 600_000;
const children = new Set<number>();
let processes = Number.POSITIVE_INFINITY;
let cpu = 0;
let started = 0;
/** Rows of which the record has come. */
let answered = 0;

async function* rows(): AsyncGenerator<ScoringRow> {
  const begun = performance.now();
  let row = 0;
  for (; children.size < processes; row++) {
    if (performance.now() - begun > LOADING_LIMIT_MS) throw new Error('a process of the model did not start');
    // The first ones fill one process's window, so that the next one is started; the rest wait for it.
    if (row > 2 * job.batch) await new Promise((resolve) => setTimeout(resolve, 20));
    yield { row, text: WARM_UP };
  }
  while (answered < row) await new Promise((resolve) => setTimeout(resolve, 5));
  cpu = cpuSeconds();
  started = performance.now();
  for (let index = 0; index < job.rows; index++) yield { row: row + index, text: String(index) };
}

for await (const record of model.score(rows())) {
  answered += 1;
  if (record.raw === null) throw new Error(`row ${record.row}: ${record.status}`);
  const figures = JSON.parse(record.raw) as Figures;
  children.add(figures.pid);
  processes = figures.processes;
  if (record.inputTokens === 0) continue;
  last.set(figures.pid, figures);
  firstTokens.push(figures.first);
  labels.push(figures.label);
  prefillTokens += record.inputTokens;
  decodeTokens += record.outputTokens;
}
const seconds = (performance.now() - started) / 1000;
const all = [...last.values()];
const sum = (of: (figures: Figures) => number): number => all.reduce((total, one) => total + of(one), 0);
answer({
  seconds,
  cpuSeconds: cpuSeconds() - cpu + sum((f) => f.cpu),
  prefillTokens,
  decodeTokens,
  prefillSeconds: sum((f) => f.prefillMs) / 1000,
  decodeSeconds: sum((f) => f.decodeMs) / 1000,
  processes,
  firstTokens,
  labels,
});
await model.dispose();
process.exit(0);
