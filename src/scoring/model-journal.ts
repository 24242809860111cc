import type { FileSystem } from '../table/file-system.js';
import { JournalWriter, readJournal, readJournalLines } from '../table/journal.js';
import type { RunFolder } from '../table/run-folder.js';
import { isFailed, type RowRecord } from './record.js';

/**
 * The journal of one model. `<name>.journal.jsonl` has a record for each row that the model was asked about, up to
 * where the run came. `<name>.retry.jsonl`, if there is one, has newer records of rows that had failed.
 */
export class ModelJournal {
  /** Of the journal's first line; undefined when nothing was written yet. */
  key: unknown;
  /** Every row up to this one is done; -1 when none is. */
  lastRow = -1;
  count = 0;
  /** Ascending. */
  readonly failedRows: number[] = [];
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #retryPath: string;
  readonly #compactPath: string;
  readonly #folder: string;
  #validBytes = 0;
  #writer: JournalWriter | undefined;
  #retryWriter: JournalWriter | undefined;

  constructor(fileSystem: FileSystem, folder: RunFolder, modelName: string) {
    this.#fileSystem = fileSystem;
    this.#folder = folder.path;
    this.#path = folder.file(`${modelName}.journal.jsonl`);
    this.#retryPath = folder.file(`${modelName}.retry.jsonl`);
    this.#compactPath = folder.file(`${modelName}.compact.jsonl`);
  }

  /** Reads what an earlier run left. */
  async scan(): Promise<void> {
    this.failedRows.length = 0;
    this.count = 0;
    this.lastRow = -1;
    for await (const lines of readJournalLines(this.#fileSystem, this.#path)) {
      for (const { value, end } of lines) {
        this.#validBytes = end;
        if (this.key === undefined) {
          this.key = value['key'];
          continue;
        }
        const record = value as unknown as RowRecord;
        this.lastRow = record.row;
        this.count += 1;
        if (isFailed(record.status)) this.failedRows.push(record.row);
      }
    }
  }

  /** Makes one journal of journal and retries. Killed in the middle, it can simply be done again. */
  async compact(): Promise<void> {
    let hasRetries = false;
    for await (const _ of readJournal(this.#fileSystem, this.#retryPath)) {
      hasRetries = true;
      break;
    }
    if (!hasRetries) return;
    const writer = await JournalWriter.create(this.#fileSystem, this.#compactPath, { key: this.key });
    try {
      for await (const record of this.records()) await writer.append(record);
    } finally {
      await writer.close();
    }
    await this.#fileSystem.rename(this.#compactPath, this.#path);
    await this.#fileSystem.syncFolder(this.#folder);
    await this.#fileSystem.remove(this.#retryPath);
    this.key = undefined;
    await this.scan();
  }

  /** Gets ready to append: behind what is there, or with a new journal when nothing is. */
  async open(key: object, retry: boolean): Promise<void> {
    if (this.key === undefined) {
      this.key = key;
      this.#writer = await JournalWriter.create(this.#fileSystem, this.#path, { key });
      await this.#fileSystem.syncFolder(this.#folder);
    } else this.#writer = await JournalWriter.resume(this.#fileSystem, this.#path, this.#validBytes);
    if (retry) this.#retryWriter = await JournalWriter.create(this.#fileSystem, this.#retryPath, { key });
  }

  /** Records come in the order of their rows. */
  async append(record: RowRecord): Promise<void> {
    const { row, status, raw, values, confidence, inputTokens, outputTokens } = record;
    const line = { row, status, raw, values, confidence, inputTokens, outputTokens };
    if (row > this.lastRow) await this.#writer!.append(line);
    else await this.#retryWriter!.append(line);
  }

  /** Everything is on the disk afterwards. Safe to call without `open`. */
  async close(): Promise<void> {
    const writers = [this.#writer, this.#retryWriter];
    this.#writer = undefined;
    this.#retryWriter = undefined;
    const results = await Promise.allSettled(writers.map((writer) => writer?.close()));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** All records in the order of their rows; a retry stands for what it replaces. */
  async *records(): AsyncGenerator<RowRecord, void, undefined> {
    const retries = readJournal<RowRecord>(this.#fileSystem, this.#retryPath);
    try {
      let retry = await retries.next();
      for await (const record of readJournal<RowRecord>(this.#fileSystem, this.#path)) {
        while (retry.done !== true && retry.value.row < record.row) retry = await retries.next();
        yield retry.done !== true && retry.value.row === record.row ? retry.value : record;
      }
    } finally {
      await retries.return();
    }
  }
}
