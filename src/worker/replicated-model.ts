import type { LoadedModel, ModelInfo, ScoringRow } from '../scoring/model-port.js';
import type { RowRecord } from '../scoring/record.js';
import { SharedRows } from './shared-rows.js';

/** A loaded model that knows how many of its kind would use the machine best, itself included. */
export interface ReplicableModel extends LoadedModel {
  readonly replicas: number;
}

/** `ordinal` is 0 for the first, which decides how many there will be. */
export type LoadReplica = (ordinal: number, signal?: AbortSignal) => Promise<ReplicableModel>;

/**
 * Several children of one model that share the rows. On a CPU one child a processor, each with a single thread, does
 * nearly twice the work of one child with two threads: a small model's products are too short to be divided. A row's
 * answer does not depend on the company it is computed in, so it does not matter who computes it either.
 *
 *   rows ─ SharedRows ─┬─ child 0 ─┬─ records in the order of the rows
 *                      └─ child 1 ─┘
 *
 * The first child decides how many there will be; another is started when there are more rows than those before it
 * can take at once. One that cannot be started is done without.
 */
export class ReplicatedModel implements LoadedModel {
  readonly #models: ReplicableModel[];

  private constructor(
    first: ReplicableModel,
    private readonly another: LoadReplica,
    private readonly note: (line: string) => void,
  ) {
    this.#models = [first];
  }

  /** The first child alone where one is best. */
  static async load(loadReplica: LoadReplica, note: (line: string) => void): Promise<LoadedModel> {
    const first = await loadReplica(0);
    return first.replicas > 1 ? new ReplicatedModel(first, loadReplica, note) : first;
  }

  get info(): ModelInfo {
    const { info, replicas } = this.#models[0]!;
    return { ...info, slots: info.slots * replicas };
  }

  async *score(
    rows: AsyncIterable<ScoringRow>,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<RowRecord> {
    const first = this.#models[0]!;
    const { slots } = first.info;
    const shared = new SharedRows(rows, 8 * slots * first.replicas);
    const stop = new AbortController();
    const { signal } = stop;
    const stopped = (): void => stop.abort();
    if (options.signal?.aborted === true) stop.abort();
    options.signal?.addEventListener('abort', stopped, { once: true });

    const run = async (model: LoadedModel, reader: number): Promise<void> => {
      for await (const record of model.score(shared.reader(reader), { signal })) shared.deliver(record);
    };
    const startAnother = async (ordinal: number): Promise<void> => {
      if (ordinal === first.replicas || !(await shared.readMoreThan(ordinal * slots))) return;
      const model = this.#models[ordinal] ?? (await this.another(ordinal, signal).catch(() => null));
      if (model === null) {
        if (!signal.aborted)
          this.note(`goes on with ${ordinal} of ${first.replicas} processes: another could not be started`);
        return;
      }
      this.#models[ordinal] = model;
      await Promise.all([run(model, ordinal), startAnother(ordinal + 1)]);
    };
    const work = Promise.all([run(first, 0), startAnother(1)]).then(
      () => shared.finish(),
      (error: unknown) => shared.fail(error),
    );
    try {
      yield* shared.records();
    } finally {
      options.signal?.removeEventListener('abort', stopped);
      stop.abort();
      await shared.close();
      await work;
    }
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#models.map((model) => model.dispose()));
  }
}
