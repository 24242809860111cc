import type { ProcessorPlan } from '../backends/processor-plan.js';
import { tokenFor, wantedQuantization } from '../config/create-config.js';
import type { Config, ModelEntry } from '../config/schema.js';
import { type ErrorCode, RunScoringError } from '../foundation/errors.js';
import type { LoadContext, LoadModel, ModelInfo, ScoringRow } from '../scoring/model-port.js';
import type { RowRecord, RowStatus } from '../scoring/record.js';
import { ChildSession } from './child-session.js';
import { isRecordFor, isScoringMessage, type LoadRequest } from './protocol.js';
import { type ReplicableModel, ReplicatedModel } from './replicated-model.js';

export interface SpawnOptions {
  /** Another program in the child's place, speaking the same protocol. */
  readonly script?: string;
  /** A loaded child that gets nowhere for this long is taken for frozen. */
  readonly silenceMs?: number;
}

/** Longer than any single run of a model: a prefill of a large one may hold a slow processor for minutes. */
const SILENCE_MS = 600_000;
/** Rows sent and not finished, and as many for each slot where the model has equals to share the rows with. */
const WINDOW = 1024;
const SHARED_WINDOW = 1.25;
/** Characters sent ahead of their records, so that huge cells do not pile up in either process. */
const WINDOW_CHARACTERS = 8_000_000;
/** How often a child without rows is looked at. */
const IDLE_MS = 3_600_000;
/** Times one row may take its child down before it is given up. */
const TRIES = 2;
/** Children lost in a row, without a single record between, before the model is given up. */
const MOST_LOSSES = 4;

/** Loads each model in child processes of its own; see {@link ChildProcessModel} and {@link ReplicatedModel}. */
export function createSpawnModel(options: SpawnOptions = {}): LoadModel {
  return (entry, config, context) => {
    const request = loadRequest(entry, config, context);
    let plan: ProcessorPlan | null = null;
    const loadReplica = async (ordinal: number, signal?: AbortSignal): Promise<ReplicableModel> => {
      // What there is to say of the model, the first one says.
      const own = ordinal > 0 ? { ...context, note: () => {}, ...(signal && { signal }) } : context;
      const model = new ChildProcessModel({ ...request, plan }, own, options);
      await model.load();
      plan = model.plan;
      return model;
    };
    return ReplicatedModel.load(loadReplica, context.note);
  };
}

export const spawnModel: LoadModel = createSpawnModel();

function loadRequest(entry: ModelEntry, config: Config, context: LoadContext): LoadRequest {
  const { system, user_template } = config.prompt;
  return {
    name: entry.name,
    modelId: entry.model_id,
    localPath: entry.local_path ?? null,
    revision: entry.revision ?? null,
    token: tokenFor(config, entry) ?? null,
    quantization: wantedQuantization(entry),
    constrained: entry.constrained,
    prompt: user_template === undefined ? { system } : { system, user_template },
    fields: config.output.fields,
    batchSize: config.generation.batch_size,
    maxInputTokens: config.generation.max_input_tokens,
    maxNewTokens: config.generation.max_new_tokens,
    device: context.device === 'auto' ? deviceOf(entry) : context.device,
    plan: null,
    offline: context.offline,
  };
}

/**
 * A model in a child process that may die, freeze or talk nonsense at any time. After each loss a new child with half
 * the slots takes up the rows that have no record yet; rows that were under way then go one at a time, and one that
 * takes its child down twice becomes a failed row.
 */
class ChildProcessModel implements ReplicableModel {
  #session: ChildSession;
  #info: ModelInfo | null = null;
  #plan: ProcessorPlan | null;
  #batchSize: number | 'auto';
  readonly #silenceMs: number;

  constructor(
    private readonly request: LoadRequest,
    private readonly context: LoadContext,
    private readonly options: SpawnOptions,
  ) {
    this.#batchSize = request.batchSize;
    this.#plan = request.plan;
    this.#silenceMs = options.silenceMs ?? SILENCE_MS;
    this.#session = new ChildSession(options.script);
  }

  get info(): ModelInfo {
    return this.#info!;
  }

  get plan(): ProcessorPlan | null {
    return this.#plan;
  }

  get replicas(): number {
    return this.#plan?.replicas ?? 1;
  }

  async load(): Promise<void> {
    this.#session.send({
      type: 'load',
      request: { ...this.request, batchSize: this.#batchSize, plan: this.#plan },
    });
    for (;;) {
      const event = await this.#session.next(SILENCE_MS, this.context.signal);
      if (event.kind === 'message') {
        const { message } = event;
        if (message?.type === 'note') this.context.note(message.line);
        else if (message?.type === 'refused') {
          await this.#session.kill();
          throw new RunScoringError(message.code as ErrorCode, message.message, {
            at: message.at,
            ...(message.hint === null ? {} : { hint: message.hint }),
          });
        } else if (message?.type === 'loaded') {
          this.#plan ??= message.plan ?? null;
          this.#info ??= message.info;
          return;
        }
        continue;
      }
      await this.#session.kill();
      throw new RunScoringError(
        'MODEL_DIED',
        `The model's process ended while loading (${describe(event)}).`,
        {
          hint: 'If memory ran out, a smaller model or quantization: 4bit may fit.',
        },
      );
    }
  }

  async *score(
    rows: AsyncIterable<ScoringRow>,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<RowRecord> {
    const source = rows[Symbol.asyncIterator]();
    const { signal } = options;
    /** Sent and unanswered, in order. */
    let outstanding: ScoringRow[] = [];
    /** To be sent again after a loss, before anything new is read. */
    let retry: ScoringRow[] = [];
    /** Rows that go alone because a child was lost with them under way. */
    let suspects = 0;
    let tries = 0;
    let losses = 0;
    /** Records that the child has made and holds back. */
    let held = 0;
    let inputEnded = false;
    let endSent = false;
    let lastRecordAt = performance.now();
    /** A row that was asked for and has not come: with equals, the source may hold it back. */
    let reading: Promise<IteratorResult<ScoringRow>> | null = null;
    const most = this.replicas > 1 ? Math.ceil(SHARED_WINDOW * this.info.slots) : WINDOW;
    try {
      for (;;) {
        // A record held back behind an earlier row's leaves its slot to another row.
        const window = suspects > 0 ? 1 : most + Math.min(held, most);
        const lot: ScoringRow[] = [];
        let characters = outstanding.reduce((sum, row) => sum + row.text.length, 0);
        while (outstanding.length + lot.length < window && characters < WINDOW_CHARACTERS) {
          let row = retry.shift();
          if (row === undefined && !inputEnded) {
            reading ??= source.next();
            const next = await Promise.race([reading, nextTurn()]);
            if (next === undefined) break;
            reading = null;
            if (next.done === true) inputEnded = true;
            else row = next.value;
          }
          if (row === undefined) break;
          lot.push(row);
          characters += row.text.length;
        }
        if (lot.length > 0) {
          if (outstanding.length === 0) lastRecordAt = performance.now();
          outstanding.push(...lot);
          this.#session.send({ type: 'rows', rows: lot });
        }
        if (inputEnded && retry.length === 0 && !endSent) {
          this.#session.send({ type: 'end' });
          endSent = true;
        }
        if (outstanding.length === 0 && endSent) return;

        const nudge = (): void => this.#session.nudge();
        if (outstanding.length < window) reading?.then(nudge, nudge);
        const event = await this.#session.next(
          outstanding.length === 0 ? IDLE_MS : this.#silenceMs,
          signal,
          this.#deadline(lastRecordAt, outstanding.length),
        );
        if (event.kind === 'aborted') return;
        if (event.kind === 'nudged' || (event.kind === 'silence' && outstanding.length === 0)) continue;
        let failure: RowStatus | null = null;
        if (event.kind === 'message' && !isScoringMessage(event.message)) failure = 'error_worker';
        else if (event.kind === 'message' && event.message.type === 'records') {
          let valid = 0;
          for (const record of event.message.records) {
            if (!isRecordFor(record, outstanding[0]?.row ?? -1)) break;
            outstanding.shift();
            held = Math.max(0, held - 1);
            valid += 1;
            losses = tries = 0;
            suspects = Math.max(0, suspects - 1);
            lastRecordAt = performance.now();
            yield record;
          }
          if (valid === event.message.records.length) continue;
          failure = 'error_worker';
        } else if (event.kind === 'message') {
          const { message } = event;
          if (message.type === 'note' || message.type === 'held') {
            if (message.type === 'note') this.context.note(message.line);
            else held = message.records;
            // A child that keeps talking but never answers is caught by the time its row takes.
            if (performance.now() < this.#deadline(lastRecordAt, outstanding.length)) continue;
            failure = 'error_timeout';
          } else {
            if (message.type === 'refused') this.context.note(`stopped: ${message.code}`);
            failure = 'error_worker';
          }
        } else {
          failure =
            event.kind === 'silence' && performance.now() >= this.#deadline(lastRecordAt, outstanding.length)
              ? 'error_timeout'
              : 'error_worker';
        }

        // The child is lost, or no longer to be trusted.
        losses += 1;
        tries += outstanding.length === 1 || suspects > 0 ? 1 : 0;
        await this.#session.kill();
        if (suspects > 0 || outstanding.length === 1) {
          if (tries >= TRIES && outstanding.length > 0) {
            const row = outstanding.shift()!;
            suspects = Math.max(0, suspects - 1);
            losses = tries = 0;
            lastRecordAt = performance.now();
            yield failedRecord(row.row, failure);
          }
        }
        suspects = Math.max(suspects, Math.min(outstanding.length, this.info.slots * 2));
        retry = [...outstanding, ...retry];
        outstanding = [];
        held = 0;
        endSent = false;
        if (losses > MOST_LOSSES) {
          throw new RunScoringError('MODEL_DIED', "The model's process was lost again and again.", {
            hint: 'Rows scored so far are kept; run the same line with --resume.',
          });
        }
        await this.#restart();
      }
    } finally {
      await source.return?.();
    }
  }

  async dispose(): Promise<void> {
    // A child that was told the end exits by itself; it has nothing left to lose either way.
    await this.#session.kill();
  }

  async #restart(): Promise<void> {
    const slots = this.#batchSize === 'auto' ? this.info.slots : this.#batchSize;
    this.#batchSize = Math.max(1, Math.floor(slots / 2));
    if (this.#plan !== null) this.#plan = { ...this.#plan, slots: this.#batchSize };
    this.context.note(`restarted after its process was lost, with ${this.#batchSize} rows at a time`);
    this.#session = new ChildSession(this.options.script);
    await this.load();
  }

  /** When the oldest row is overdue. */
  #deadline(lastRecordAt: number, waiting: number): number {
    const limit = this.context.timeoutPerRowMs;
    return limit === undefined || waiting === 0 ? Number.POSITIVE_INFINITY : lastRecordAt + limit;
  }
}

/** Resolves after what is ready now has been delivered. */
function nextTurn(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(resolve, undefined));
}

function deviceOf(entry: ModelEntry): LoadRequest['device'] {
  if (entry.device_map === 'auto') return 'auto';
  return entry.device_map === 'cpu' ? 'cpu' : 'cuda';
}

function failedRecord(row: number, status: RowStatus): RowRecord {
  return { row, status, raw: null, values: null, confidence: null, inputTokens: 0, outputTokens: 0 };
}

function describe(event: { kind: string; how?: string }): string {
  if (event.kind === 'exit') return event.how ?? 'exit';
  return event.kind === 'silence' ? 'it froze' : 'stopped';
}
