import type { ScoringRow } from '../scoring/model-port.js';
import type { RowRecord } from '../scoring/record.js';

/**
 * Deals the rows of one source to several readers as they ask, and puts their records back into the order of the rows.
 * A reader is kept waiting while too many records wait behind a row of another reader, so that little is lost when
 * the run is cut, and memory stays bounded.
 */
export class SharedRows {
  readonly #source: AsyncIterator<ScoringRow>;
  /** Rows dealt and not yielded as records, in order, with who has them. */
  readonly #dealt: { row: number; reader: number }[] = [];
  readonly #records = new Map<number, RowRecord>();
  #read = 0;
  #ended = false;
  #finished = false;
  #failure: { error: unknown } | null = null;
  #changed: (() => void)[] = [];

  /** @param most rows dealt and not yielded, before only the reader of the oldest gets more */
  constructor(
    rows: AsyncIterable<ScoringRow>,
    private readonly most: number,
  ) {
    this.#source = rows[Symbol.asyncIterator]();
  }

  /** The rows of one reader; ends when the source does. */
  async *reader(reader: number): AsyncGenerator<ScoringRow, void, undefined> {
    for (;;) {
      while (!this.#ended && this.#dealt.length >= this.most && this.#dealt[0]!.reader !== reader)
        await this.#change();
      if (this.#ended) return;
      const next = await this.#next();
      if (next.done === true) {
        this.#ended = true;
        this.#signal();
        return;
      }
      this.#dealt.push({ row: next.value.row, reader });
      this.#read += 1;
      this.#signal();
      yield next.value;
    }
  }

  deliver(record: RowRecord): void {
    this.#records.set(record.row, record);
    if (record.row === this.#dealt[0]?.row) this.#signal();
  }

  /** Records in the order of the rows, until {@link finish} or {@link fail}. */
  async *records(): AsyncGenerator<RowRecord> {
    for (;;) {
      const row = this.#dealt[0]?.row;
      const record = row === undefined ? undefined : this.#records.get(row);
      if (record !== undefined) {
        this.#records.delete(record.row);
        this.#dealt.shift();
        this.#signal();
        yield record;
        continue;
      }
      if (this.#failure !== null) throw this.#failure.error;
      if (this.#finished || (this.#ended && row === undefined)) return;
      await this.#change();
    }
  }

  /** True once more than `count` rows were read; false when the source ends before. */
  async readMoreThan(count: number): Promise<boolean> {
    while (this.#read <= count && !this.#ended) await this.#change();
    return this.#read > count;
  }

  finish(): void {
    this.#finished = true;
    this.#signal();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#ended = true;
    this.#signal();
  }

  /** Deals nothing more. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#signal();
    await this.#source.return?.();
  }

  /** A source that fails ends for all. */
  async #next(): Promise<IteratorResult<ScoringRow>> {
    try {
      return await this.#source.next();
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve));
  }

  #signal(): void {
    const waiting = this.#changed;
    this.#changed = [];
    for (const wake of waiting) wake();
  }
}
