import { fileURLToPath } from 'node:url';
import { createConfig } from '../../src/config/create-config.js';
import type { ScoringRow } from '../../src/scoring/model-port.js';
import { createSpawnModel } from '../../src/worker/spawn-model.js';
import { answer, cpuSeconds, jobOfProcess } from './contender.js';

/** This project: the product's parent with its child processes, scheduler, grammar and generation graph. */
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
  readonly cpu: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly first: number[];
}
const last = new Map<number, Figures>();
const firstTokens: number[][] = [];
let prefillTokens = 0;
let decodeTokens = 0;

async function* rows(): AsyncGenerator<ScoringRow> {
  for (let row = 0; row < job.rows; row++) yield { row, text: '' };
}

const cpu = cpuSeconds();
const started = performance.now();
for await (const record of model.score(rows())) {
  if (record.raw === null) throw new Error(`row ${record.row}: ${record.status}`);
  const figures = JSON.parse(record.raw) as Figures;
  last.set(figures.pid, figures);
  firstTokens.push(figures.first);
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
  firstTokens,
});
await model.dispose();
process.exit(0);
