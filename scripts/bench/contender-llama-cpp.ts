import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { answer, cpuSeconds, jobOfProcess } from './contender.js';
import { ggufName } from './make-model.js';
import { makeWorkload, type WorkloadRow } from './workload.js';

/**
 * node-llama-cpp at its best: the prefix is evaluated once a sequence and kept, each row's own tokens are erased behind
 * it, sequences are batched by the library, choices are greedy and without a grammar; flash attention is off because it is slower on a CPU.
 */
const job = jobOfProcess();
const root = process.env['BENCH_PACKAGES']!;
const packagePath = join(root, 'node_modules', 'node-llama-cpp', 'dist', 'index.js');
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(packagePath).href);
const llama = await getLlama({
  gpu: false,
  build: 'never',
  skipDownload: true,
  maxThreads: job.threads,
  logLevel: LlamaLogLevel.error,
  progressLogs: false,
});
const model = await llama.loadModel({
  modelPath: join(job.folder, ggufName(job.bits as 8 | 4)),
  gpuLayers: 0,
});
const context = await model.createContext({
  contextSize: 768,
  sequences: job.batch,
  threads: { ideal: job.threads, min: job.threads },
  batchSize: 1024,
  flashAttention: false,
});
const { prefix, rows } = makeWorkload(job.rows);
const firstTokens: number[][] = rows.map(() => []);
const queue = rows.map((row, index) => ({ row, index }));
let prefillTokens = 0;
let decodeTokens = 0;

async function work(): Promise<void> {
  const sequence = context.getSequence();
  // The last token is evaluated with the row's own, as the library wants to see something new each time.
  await sequence.evaluateWithoutGeneratingNewTokens([...prefix]);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    await generate(sequence, next.row, firstTokens[next.index]!);
    await sequence.eraseContextTokenRanges([{ start: prefix.length, end: sequence.nextTokenIndex }]);
  }
  sequence.dispose();
}

// biome-ignore lint/suspicious/noExplicitAny: the package is not among the product's dependencies, nor are its types
async function generate(sequence: any, row: WorkloadRow, first: number[]): Promise<void> {
  let count = 0;
  prefillTokens += row.tokens.length;
  const ends = { temperature: 0, yieldEogToken: true };
  for await (const token of sequence.evaluate([...row.tokens], ends)) {
    if (first.length < 8) first.push(token);
    count += 1;
    if (count >= row.outputTokens) break;
  }
  decodeTokens += count;
}

const cpu = cpuSeconds();
const started = performance.now();
await Promise.all(Array.from({ length: job.batch }, () => work()));
const seconds = (performance.now() - started) / 1000;
answer({ seconds, cpuSeconds: cpuSeconds() - cpu, prefillTokens, decodeTokens, firstTokens });
process.exit(0);
