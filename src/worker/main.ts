import { loadEngine } from '../backends/load-engine.js';
import { RunScoringError } from '../foundation/errors.js';
import type { ScoringRow } from '../scoring/model-port.js';
import { ModelScorer } from '../scoring/model-scorer.js';
import type { RowRecord } from '../scoring/record.js';
import { AsyncQueue } from './async-queue.js';
import type { FromChild, LoadRequest, ToChild } from './protocol.js';
import { reportHeld } from './report-held.js';
import { resolveFolder } from './resolve-folder.js';

/**
 * The child: loads one model, scores the rows it is sent, and exits. Inference blocks the event loop for seconds, which
 * is why it has a process of its own; its exit is what surely gives the memory back. It writes nothing to any stream.
 */

/** Records are sent in small lots: each message costs the parent a wake-up. */
const RECORDS_PER_MESSAGE = 32;
const ALIVE_EVERY_MS = 1000;

const rows = new AsyncQueue<ScoringRow>();
let progress = (): number => 0;

function send(message: FromChild): void {
  if (process.connected) process.send!(message);
}

async function load(request: LoadRequest): Promise<void> {
  const started = performance.now();
  let prepared = 0;
  progress = () => prepared;
  const note = (line: string): void => send({ type: 'note', line });
  const { folder, source, revision } = await resolveFolder(request, note, {
    onProgress: () => {
      prepared += 1;
    },
  });
  const loaded = await loadEngine({
    folder,
    quantization: request.quantization ?? undefined,
    fields: request.fields,
    constrained: request.constrained,
    prompt: request.prompt,
    maxInputTokens: request.maxInputTokens,
    maxNewTokens: request.maxNewTokens,
    batchSize: request.batchSize,
    device: request.device,
    plan: request.plan,
  });
  for (const line of loaded.notes) send({ type: 'note', line });
  send({
    type: 'loaded',
    plan: loaded.plan,
    info: {
      name: request.name,
      modelId: request.modelId,
      source,
      revision,
      fingerprint: loaded.fingerprint,
      executionProvider: loaded.executionProvider,
      quantization: loaded.quantization,
      slots: loaded.plan.slots,
      loadMs: Math.round(performance.now() - started),
    },
  });
  const { counters } = loaded.engine;
  progress = () => counters.prefillTokens + counters.decodeTokens;
  const noteSent = loaded.plan.replicas > 1 ? reportHeld(counters, send) : undefined;
  const scorer = new ModelScorer(loaded.encoder, loaded.engine, request.fields);
  let lot: RowRecord[] = [];
  let flushDue = false;
  const flush = (): void => {
    flushDue = false;
    if (lot.length > 0) send({ type: 'records', records: lot });
    noteSent?.(lot.length);
    lot = [];
  };
  for await (const record of scorer.score(rows)) {
    lot.push(record);
    if (lot.length >= RECORDS_PER_MESSAGE) flush();
    else if (!flushDue) {
      flushDue = true;
      setImmediate(flush);
    }
  }
  flush();
  await loaded.dispose();
  send({ type: 'finished' });
}

function refuse(error: unknown): void {
  if (error instanceof RunScoringError) {
    send({
      type: 'refused',
      code: error.code,
      message: error.message,
      hint: error.hint ?? null,
      at: error.at,
    });
    return;
  }
  // The text of an unforeseen error may quote anything, a profile included: only its kind is passed on.
  const kind = error instanceof Error ? error.name : typeof error;
  send({
    type: 'refused',
    code: 'MODEL_FAILED',
    message: `The model could not be used (${kind}).`,
    hint: null,
    at: {},
  });
}

// Ctrl-C in a terminal reaches the whole process group; the parent decides what becomes of this process.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit(0));
setInterval(() => send({ type: 'alive', progress: progress() }), ALIVE_EVERY_MS).unref();

process.on('message', (message: ToChild) => {
  if (message.type === 'rows') rows.pushAll(message.rows);
  else if (message.type === 'end') rows.end();
  else {
    load(message.request)
      .catch(refuse)
      .finally(() => {
        // Let the last message leave before the channel closes.
        setImmediate(() => process.disconnect?.());
      });
  }
});
