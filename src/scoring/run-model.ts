import type { Config, ModelEntry } from '../config/schema.js';
import { RunScoringError } from '../foundation/errors.js';
import type { LoadContext, LoadedModel, LoadModel, ModelInfo, ScoringRow } from './model-port.js';
import { ROW_STATUSES, type RowRecord } from './record.js';
import type { ModelError } from './run-summary.js';

/** After an abort the model has so long to yield or to dispose; then the run ends without it. */
const GRACE_MS = 4_000;

export interface ModelRun {
  readonly entry: ModelEntry;
  readonly config: Config;
  readonly loadModel: LoadModel;
  readonly context: LoadContext;
  /** The rows to score, ascending. */
  readonly rows: AsyncIterable<ScoringRow>;
  /** Called once, before the first row. What it throws ends the whole run. */
  readonly onLoaded?: (info: ModelInfo) => Promise<void>;
  /** Called for each record, in order, before the next one is taken. What it throws ends the whole run. */
  readonly onRecord: (record: RowRecord) => Promise<void> | void;
  readonly signal?: AbortSignal | undefined;
}

export interface ModelOutcome {
  readonly info: ModelInfo | null;
  /** Every row was scored. */
  readonly finished: boolean;
  readonly scored: number;
  readonly seconds: number;
  readonly loadSeconds: number;
  readonly error: ModelError | null;
}

/**
 * Load, score, dispose. A model that cannot be loaded, dies or breaks its contract gives an outcome with an error;
 * only a failure of the input or of `onLoaded` and `onRecord`, which no other model would be spared, is thrown.
 */
export async function runModel(run: ModelRun): Promise<ModelOutcome> {
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const unloaded = (error: ModelError | null): ModelOutcome => {
    return { info: null, finished: false, scored: 0, seconds: 0, loadSeconds: elapsed(), error };
  };
  let model: LoadedModel;
  try {
    const loading = run.loadModel(run.entry, run.config, run.context);
    const loaded = await withinGrace(loading, run.signal);
    if (loaded === 'stopped') {
      // Should it load after all, it must not stay.
      loading.then((late) => late.dispose()).catch(() => {});
      return unloaded(null);
    }
    model = loaded;
  } catch (error) {
    return unloaded(run.signal?.aborted === true ? null : toModelError(error));
  }
  const loadSeconds = elapsed();
  const progress = { scored: 0 };
  const outcome = (finished: boolean, error: ModelError | null): ModelOutcome => ({
    info: model.info,
    finished,
    scored: progress.scored,
    seconds: elapsed() - loadSeconds,
    loadSeconds,
    error,
  });
  try {
    await run.onLoaded?.(model.info);
    const failure = await scoreRows(run, model, progress);
    if (failure === undefined) return outcome(true, null);
    return outcome(false, failure === 'stopped' ? null : failure);
  } finally {
    await withinGrace(model.dispose(), run.signal).catch(() => {});
  }
}

/** Undefined when every row was scored. */
async function scoreRows(
  run: ModelRun,
  model: LoadedModel,
  progress: { scored: number },
): Promise<ModelError | 'stopped' | undefined> {
  const source = new WatchedRows(run.rows, run.signal);
  const records = model
    .score(source, run.signal === undefined ? {} : { signal: run.signal })
    [Symbol.asyncIterator]();
  try {
    for (;;) {
      let next: IteratorResult<RowRecord> | 'stopped';
      try {
        next = await withinGrace(records.next(), run.signal);
      } catch (error) {
        // A broken input reaches us through the model; it is not the model's fault.
        if (source.failure !== undefined) throw source.failure.error;
        return run.signal?.aborted === true ? 'stopped' : toModelError(error);
      }
      if (next === 'stopped') return 'stopped';
      if (source.failure !== undefined) throw source.failure.error;
      if (next.done === true) {
        if (source.ended && source.waiting.length === 0) return undefined;
        return run.signal?.aborted === true ? 'stopped' : broken('ended before the last row');
      }
      const wrong = findContractBreach(next.value, source.waiting.shift());
      if (wrong !== undefined) return broken(wrong);
      await run.onRecord(next.value);
      progress.scored += 1;
    }
  } finally {
    // The model may be stuck; nothing waits for it here.
    void Promise.resolve(records.return?.()).catch(() => {});
  }
}

/** Passes rows on and remembers which ones have no record yet. */
class WatchedRows implements AsyncIterable<ScoringRow> {
  readonly waiting: number[] = [];
  ended = false;
  failure: { error: unknown } | undefined;

  constructor(
    private readonly rows: AsyncIterable<ScoringRow>,
    private readonly signal: AbortSignal | undefined,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<ScoringRow, void, undefined> {
    try {
      for await (const row of this.rows) {
        if (this.signal?.aborted === true) return;
        this.waiting.push(row.row);
        yield row;
      }
      this.ended = true;
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}

function findContractBreach(record: RowRecord, expected: number | undefined): string | undefined {
  if (expected === undefined) return 'answered a row that it was not given';
  if (record?.row !== expected) return 'answered out of order or twice';
  const { status, raw, values, confidence, inputTokens, outputTokens } = record;
  const sound =
    ROW_STATUSES.includes(status) &&
    (raw === null || typeof raw === 'string') &&
    typeof values === 'object' &&
    (confidence === null || Number.isFinite(confidence)) &&
    Number.isFinite(inputTokens) &&
    Number.isFinite(outputTokens);
  return sound ? undefined : 'answered with something that is no record';
}

function broken(what: string): ModelError {
  return { code: 'MODEL_PROTOCOL', message: `The model ${what}.` };
}

/** Messages of other errors may hold anything, so only their kind is told. */
function toModelError(error: unknown): ModelError {
  if (error instanceof RunScoringError) {
    const { code, message, hint } = error;
    return hint === undefined ? { code, message } : { code, message, hint };
  }
  const kind = error instanceof Error ? error.name : typeof error;
  return { code: 'MODEL_FAILED', message: `The model failed unexpectedly (${kind}).` };
}

/** The promise's value, or `stopped` when the signal has been up for longer than the grace. */
async function withinGrace<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T | 'stopped'> {
  if (signal === undefined) return promise;
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const late = new Promise<'stopped'>((resolve) => {
    onAbort = () => {
      timer = setTimeout(() => resolve('stopped'), GRACE_MS);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort!);
  }
}
