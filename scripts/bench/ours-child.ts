import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { generationGraphFile } from '../../src/backends/generation-cache.js';
import { cachedGrammar } from '../../src/backends/grammar-cache.js';
import { OnnxModelRunner } from '../../src/backends/onnx-model-runner.js';
import { openSession } from '../../src/backends/open-session.js';
import { planProcessors } from '../../src/backends/processor-plan.js';
import { decoderFileName } from '../../src/checkpoint/decoder-contract.js';
import { DEFAULT_FIELDS } from '../../src/config/default-rubric.js';
import type { GenerationRequest } from '../../src/engine/completion.js';
import { Engine } from '../../src/engine/engine.js';
import type { ScoringRow } from '../../src/scoring/model-port.js';
import { AsyncQueue } from '../../src/worker/async-queue.js';
import type { FromChild, LoadRequest, ToChild } from '../../src/worker/protocol.js';
import { reportHeld } from '../../src/worker/report-held.js';
import { cpuSeconds, type Job } from './contender.js';
import { quantizationOf } from './make-model.js';
import { END_TOKEN, makeVocabulary, makeWorkload, WARM_UP } from './workload.js';

/**
 * The product's child with token ids in the place of texts: it is started, fed and answered as the real one is. A row's
 * text is its index in the workload, or asks for nothing; its record's `raw` carries figures back.
 */
const queue = new AsyncQueue<ScoringRow>();
const send = (message: FromChild): void => {
  if (process.connected) process.send!(message);
};

async function load(request: LoadRequest): Promise<void> {
  const job = JSON.parse(process.env['BENCH_JOB']!) as Job;
  const { prefix, rows } = makeWorkload(job.rows);
  const decoder = join(job.folder, 'onnx', decoderFileName(quantizationOf(job.bits)));
  const graph = await generationGraphFile(
    job.folder,
    decoder,
    createHash('sha256').update(decoder).digest('hex'),
  );
  const vocabulary = makeVocabulary();
  const tables = await cachedGrammar(
    job.folder,
    DEFAULT_FIELDS,
    { tokens: vocabulary, eosIds: [END_TOKEN] },
    'bench',
  );
  const labelOf = (tokens: readonly number[]): string =>
    /"flag":"(\w+)/.exec(Buffer.concat(tokens.map((id) => vocabulary[id]!)).toString())?.[1] ?? '';
  const weightBytes = 2e8;
  const plan =
    request.plan ??
    planProcessors({ threads: job.threads, memoryBytes: 16e9, weightBytes, slots: job.batch });
  const runtime = await import('onnxruntime-node');
  const session = await openSession(runtime, {
    graphPath: graph.path,
    device: 'cpu',
    threads: plan.threads,
    shared: plan.replicas > 1,
  });
  const runner = new OnnxModelRunner(runtime, session, graph, tables);
  const engine = new Engine(runner, { tables, eosIds: [END_TOKEN], maxNewTokens: 200, slots: plan.slots });
  send({
    type: 'loaded',
    plan,
    info: {
      name: request.name,
      modelId: '',
      source: '',
      revision: null,
      fingerprint: '',
      executionProvider: 'cpu',
      quantization: String(job.bits),
      slots: plan.slots,
      loadMs: 0,
    },
  });
  const noteSent = reportHeld(engine.counters, send);
  const answerRow = (row: number, input: number, output: number, figures: object): void => {
    noteSent(1);
    send({
      type: 'records',
      records: [
        {
          row,
          status: 'ok',
          raw: JSON.stringify(figures),
          values: null,
          confidence: null,
          inputTokens: input,
          outputTokens: output,
        },
      ],
    });
  };
  const inputTokens = new Map<number, number>();
  let started: number | null = null;
  async function* requests(): AsyncGenerator<GenerationRequest> {
    for await (const { row, text } of queue) {
      if (text === WARM_UP) {
        answerRow(row, 0, 0, { pid: process.pid, processes: plan.replicas });
        continue;
      }
      // The prefix is part of the work, so it is computed when the first row has come.
      if (started === null) {
        started = cpuSeconds();
        await engine.setPrefix(Int32Array.from(prefix));
      }
      const { tokens, outputTokens } = rows[Number(text)]!;
      inputTokens.set(row, tokens.length);
      yield { id: row, tokens: Int32Array.from([...prefix, ...tokens]), maxNewTokens: outputTokens };
    }
  }
  for await (const completion of engine.generate(requests())) {
    if (completion === null) continue;
    const { counters } = engine;
    answerRow(completion.id, inputTokens.get(completion.id)!, completion.tokens.length, {
      pid: process.pid,
      processes: plan.replicas,
      cpu: cpuSeconds() - started!,
      ...counters,
      first: completion.tokens.slice(0, 8),
      label: labelOf(completion.tokens),
    });
  }
  send({ type: 'finished' });
}

process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToChild) => {
  if (message.type === 'rows') queue.pushAll(message.rows);
  else if (message.type === 'end') queue.end();
  else
    load(message.request).catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      send({ type: 'refused', code: 'MODEL_FAILED', message: text, hint: null, at: {} });
    });
});
