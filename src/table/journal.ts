import { checksum } from './checksum.js';
import type { FileSystem, OpenFile } from './file-system.js';

/**
 * An append-only file of JSON lines, one per finished row, that survives being cut off anywhere:
 *
 *     ["<crc-32 of the JSON text behind it>",{"header":…}]
 *     ["<crc-32>",{"row":0,…}]
 *     ["<crc-32>",{"row":2,…}]
 *
 * Rows only go up. The valid part ends before the first line that is not whole, does not match its checksum or does
 * not go up; whatever follows is as if it had never been written.
 */

/** A record is on the disk at most this long after it was appended. */
const SYNC_AFTER_MS = 2_000;
/** More than this is not held back in memory. */
const SYNC_AFTER_BYTES = 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
/** `["xxxxxxxx",` */
const PREFIX_LENGTH = 12;

export interface JournalRecord {
  readonly row: number;
}

export interface JournalLine {
  readonly value: Record<string, unknown>;
  /** Offset of the line's end in the file. */
  readonly end: number;
}

function encodeLine(value: object): Buffer {
  const json = Buffer.from(JSON.stringify(value), 'utf8');
  return Buffer.concat([Buffer.from(`["${checksum(json)}",`), json, Buffer.from(']\n')]);
}

/** Undefined when the line is damaged. */
function decodeLine(line: Buffer): Record<string, unknown> | undefined {
  const json = line.subarray(PREFIX_LENGTH, -1);
  if (
    line.subarray(0, PREFIX_LENGTH).toString('latin1') !== `["${checksum(json)}",` ||
    line.at(-1) !== 0x5d
  ) {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(json.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The valid lines of a journal, the header first, many at a time. A missing file has none. */
export async function* readJournalLines(
  fileSystem: FileSystem,
  path: string,
): AsyncGenerator<JournalLine[], void, undefined> {
  let file: OpenFile;
  try {
    file = await fileSystem.open(path, 'read');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  try {
    let position = 0;
    let rest: Buffer = Buffer.alloc(0);
    let restStart = 0;
    let lastRow = -1;
    const { size } = await file.facts();
    for (;;) {
      const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, Math.max(1, size - position)));
      const length = await file.read(chunk, position);
      if (length === 0) return;
      position += length;
      const bytes =
        rest.length === 0 ? chunk.subarray(0, length) : Buffer.concat([rest, chunk.subarray(0, length)]);
      const lines: JournalLine[] = [];
      let start = 0;
      for (let feed = bytes.indexOf(10); feed >= 0; feed = bytes.indexOf(10, start)) {
        const value = decodeLine(bytes.subarray(start, feed));
        const row = value?.['row'];
        const isHeader = restStart + start === 0;
        const goesUp = isHeader || (typeof row === 'number' && row > lastRow);
        if (value === undefined || !goesUp) {
          if (lines.length > 0) yield lines;
          return;
        }
        if (!isHeader) lastRow = row as number;
        start = feed + 1;
        lines.push({ value, end: restStart + start });
      }
      rest = bytes.subarray(start);
      restStart += start;
      if (lines.length > 0) yield lines;
    }
  } finally {
    await file.close();
  }
}

/** The rows of a journal in ascending order, one by one. */
export async function* readJournal<T extends JournalRecord>(
  fileSystem: FileSystem,
  path: string,
): AsyncGenerator<T, void, undefined> {
  let isHeader = true;
  for await (const lines of readJournalLines(fileSystem, path)) {
    for (const { value } of lines) {
      if (!isHeader) yield value as unknown as T;
      isHeader = false;
    }
  }
}

/** Appends records. Only the holder of the output's lock may have one open. */
export class JournalWriter {
  readonly #file: OpenFile;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Syncs run one after the other. */
  #sync: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | undefined;

  private constructor(file: OpenFile) {
    this.#file = file;
  }

  /** Starts a new journal, over whatever was there. */
  static async create(fileSystem: FileSystem, path: string, header: object): Promise<JournalWriter> {
    const file = await fileSystem.open(path, 'append');
    const writer = new JournalWriter(file);
    try {
      await file.truncate(0);
      writer.#hold(encodeLine(header));
      await writer.sync();
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
    return writer;
  }

  /** Goes on after the first `validBytes` of a journal; what stands behind them is cut off. */
  static async resume(fileSystem: FileSystem, path: string, validBytes: number): Promise<JournalWriter> {
    const file = await fileSystem.open(path, 'append');
    try {
      await file.truncate(validBytes);
      await file.sync();
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
    return new JournalWriter(file);
  }

  /** Takes the record; it is on the disk within two seconds. @throws the failure of an earlier write */
  async append(record: JournalRecord): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#hold(encodeLine(record));
    if (this.#heldBytes >= SYNC_AFTER_BYTES) await this.sync();
    // A timer and not the clock at the next append: the next record may be minutes away.
    else this.#timer ??= setTimeout(() => void this.sync().catch(() => {}), SYNC_AFTER_MS);
  }

  /** Resolves when all records are on the disk. */
  sync(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sync = this.#sync.then(() => this.#writeHeld());
    // A failure that a timer meets is kept for the next append.
    this.#sync.catch(() => {});
    return this.#sync;
  }

  /** Syncs and closes. The file is closed also when it throws. */
  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      await this.#file.close();
    }
  }

  #hold(line: Buffer): void {
    this.#held.push(line);
    this.#heldBytes += line.length;
  }

  async #writeHeld(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const lines = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    try {
      if (lines.length > 0) await this.#file.write(Buffer.concat(lines));
      await this.#file.sync();
    } catch (error) {
      // After a failed write or sync nothing is known of the file's end: no more records after it.
      this.#failure = { error };
      throw error;
    }
  }
}
