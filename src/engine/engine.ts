import type { TokenTables } from '../grammar/token-tables.js';
import type { Completion, GenerationRequest, RequestItem } from './completion.js';
import type { ModelRunner, RowInput, RunResult } from './model-runner.js';
import { plan, type SchedulerSnapshot } from './scheduler.js';
import { Sequence } from './sequence.js';

export interface EngineOptions {
  readonly tables: TokenTables;
  readonly eosIds: readonly number[];
  readonly maxNewTokens: number;
  /** Positions the model knows; no row goes beyond them. */
  readonly contextLength?: number;
  /** Rows decoded side by side. */
  readonly slots: number;
  /** Decode steps in one run of the model; rows join and leave between runs. */
  readonly chunkSteps?: number;
  /** Tokens in one prefill, padding included. */
  readonly prefillTokens?: number;
  /** Rows that may be read ahead of the oldest unfinished one. */
  readonly window?: number;
}

/** A longer loop gains nothing more, and a finished row waits four of these steps on average. */
const CHUNK_STEPS = 8;
/** Enough for full matrix products; beyond it, attention scores outgrow the processor caches. */
const PREFILL_TOKENS = 256;

/** Counts since the engine was made; tokens fed as padding are not counted. */
export interface EngineCounters {
  prefillTokens: number;
  decodeTokens: number;
  prefillMs: number;
  decodeMs: number;
  /** Rows that are finished and wait to be delivered behind an earlier one. */
  held: number;
}

/**
 * Completes many prompts with one shared prefix: plan, run, commit, until all are done.
 * Knows token ids, slots and lengths; knows no text, no tensors, no files and no clock but for its counters.
 */
export class Engine {
  readonly counters: EngineCounters = {
    prefillTokens: 0,
    decodeTokens: 0,
    prefillMs: 0,
    decodeMs: 0,
    held: 0,
  };
  readonly #eosIds: ReadonlySet<number>;
  #prefix: Int32Array = new Int32Array(0);

  constructor(
    private readonly runner: ModelRunner,
    private readonly options: EngineOptions,
  ) {
    this.#eosIds = new Set(options.eosIds);
  }

  /** Sets the tokens that most prompts begin with. A prompt that begins otherwise is still completed, on its own. */
  async setPrefix(tokens: Int32Array): Promise<void> {
    await this.runner.setPrefix(tokens);
    this.#prefix = tokens;
  }

  /**
   * Yields one completion a request, in the order of the requests, reading a bounded number ahead.
   * Yields null where the caller asked for its turn (see {@link RequestItem}).
   */
  async *generate(
    requests: AsyncIterable<RequestItem>,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<Completion | null> {
    const source = requests[Symbol.asyncIterator]();
    const { slots } = this.options;
    const window = this.options.window ?? 8 * slots;
    const waiting: Sequence[] = [];
    let running: Sequence[] = [];
    /** In input order; the head is delivered first. */
    const order: Sequence[] = [];
    let inputEnded = false;
    let reading: Promise<IteratorResult<RequestItem>> | null = null;
    /** The input has nothing at present; asked again after the next run of the model. */
    let stalled = false;
    /** The last run of the model was a prefill. */
    let refilling = false;
    try {
      for (;;) {
        while (order.length > 0 && order[0]!.finishReason !== null) {
          this.counters.held -= 1;
          yield order.shift()!.completion();
        }
        if (options.signal?.aborted === true) return;
        const snapshot: SchedulerSnapshot = {
          waiting: waiting.map((s) => ({ length: this.#own(s).length, onPrefix: s.onPrefix })),
          running,
          refilling,
          slots,
          prefillTokens: this.options.prefillTokens ?? PREFILL_TOKENS,
          inputEnded,
          mayRead: order.length < window && !stalled,
        };
        const step = plan(snapshot);
        if (step.kind === 'done') return;
        if (step.kind === 'read') {
          reading ??= source.next();
          const idle = running.length === 0 && waiting.length === 0;
          const next = await (idle ? reading : Promise.race([reading, nextTurn()]));
          if (next === undefined) {
            stalled = true;
            continue;
          }
          reading = null;
          stalled = next.value === 'wait';
          if (next.done === true) inputEnded = true;
          else if (next.value === 'wait' || next.value === 'deliver') yield null;
          else {
            const sequence = this.#sequence(next.value);
            waiting.push(sequence);
            order.push(sequence);
          }
          continue;
        }
        stalled = false;
        refilling = step.kind === 'prefill';
        if (step.kind === 'prefill') {
          const chosen = step.rows.map((index) => waiting[index]!);
          for (const index of [...step.rows].reverse()) waiting.splice(index, 1);
          await this.#prefill(chosen);
          running.push(...chosen);
        } else {
          await this.#decode(running);
        }
        for (const sequence of running)
          if (sequence.finishReason !== null) this.runner.release(sequence.request.id);
        running = running.filter((sequence) => sequence.finishReason === null);
        this.counters.held = order.reduce((sum, one) => sum + (one.finishReason === null ? 0 : 1), 0);
      }
    } finally {
      for (const sequence of running) this.runner.release(sequence.request.id);
      // A read that never comes back must not keep the caller waiting.
      void source.return?.();
    }
  }

  #sequence(request: GenerationRequest): Sequence {
    const {
      tables,
      maxNewTokens,
      contextLength = Number.POSITIVE_INFINITY,
      chunkSteps = CHUNK_STEPS,
    } = this.options;
    // A row that ends inside a run is carried to the run's end; those steps need positions too.
    const room = contextLength - chunkSteps - request.tokens.length;
    const limit = Math.max(1, Math.min(request.maxNewTokens ?? maxNewTokens, maxNewTokens, room));
    const onPrefix = this.#prefix.length > 0 && startsWith(request.tokens, this.#prefix);
    return new Sequence(request, onPrefix, tables, this.#eosIds, limit);
  }

  /** Prompts of one piece go together, longer ones each alone: a row's pieces depend on its own prompt only. */
  async #prefill(sequences: readonly Sequence[]): Promise<void> {
    const started = performance.now();
    const onPrefix = sequences[0]!.onPrefix;
    const piece = this.runner.prefillChunk;
    const short = sequences.filter((s) => this.#own(s).length <= piece);
    if (short.length > 0) {
      const rows = short.map((s) => this.#row(s, this.#own(s)));
      const result = await this.runner.prefill(rows, { onPrefix, more: false });
      short.forEach((sequence, index) => {
        sequence.commit(result, index);
      });
    }
    for (const sequence of sequences) {
      const tokens = this.#own(sequence);
      if (tokens.length <= piece) continue;
      for (let at = 0; at < tokens.length && sequence.finishReason === null; at += piece) {
        const more = at + piece < tokens.length;
        const row = this.#row(sequence, tokens.subarray(at, at + piece));
        const result = await this.runner.prefill([row], { onPrefix, more });
        if (!more || result.broken[0] === 1) sequence.commit(result, 0);
      }
    }
    for (const sequence of sequences) this.counters.prefillTokens += this.#own(sequence).length;
    this.counters.prefillMs += performance.now() - started;
  }

  async #decode(sequences: readonly Sequence[]): Promise<void> {
    const started = performance.now();
    const { chunkSteps } = this.options;
    const most = Math.max(...sequences.map((s) => s.maxNewTokens - s.output.length));
    const rows = sequences.map((s) => this.#row(s, Int32Array.of(s.lastToken)));
    const before = sequences.map((s) => s.output.length);
    const result: RunResult = await this.runner.decode(rows, Math.min(chunkSteps ?? CHUNK_STEPS, most));
    sequences.forEach((sequence, index) => {
      sequence.commit(result, index);
      this.counters.decodeTokens += sequence.output.length - before[index]!;
    });
    this.counters.decodeMs += performance.now() - started;
  }

  /** A row's tokens behind the shared prefix. */
  #own(sequence: Sequence): Int32Array {
    return sequence.request.tokens.subarray(sequence.onPrefix ? this.#prefix.length : 0);
  }

  #row(sequence: Sequence, tokens: Int32Array): RowInput {
    return { row: sequence.request.id, tokens, state: sequence.state, budget: sequence.budget };
  }
}

/** Resolves after what is ready now has been delivered: messages from another process among it. */
function nextTurn(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(resolve, undefined));
}

function startsWith(tokens: Int32Array, prefix: Int32Array): boolean {
  if (tokens.length <= prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (tokens[i] !== prefix[i]) return false;
  return true;
}
