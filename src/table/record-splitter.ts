import { type Options, Parser } from 'csv-parse';
import { RunScoringError } from '../foundation/errors.js';
import { countLines, hasMoreLines } from './count-lines.js';
import type { CsvDialect } from './csv-dialect.js';
import { breakAt, type DialectBytes, dialectBytes, findQuoteFault, type QuoteFault } from './quote-fault.js';
import { MAX_SALVAGED_LINES, salvageRecord } from './salvage-record.js';

/** Longest record in bytes of UTF-8: what an unclosed quote may buffer, and far more than a profile needs. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

export interface SplitRecord {
  readonly cells: string[];
  /** 1-based line on which the record begins. */
  readonly line: number;
  /** Its quotes are broken and the cells are a best guess; only with `onFault: 'salvage'`. */
  readonly damaged: boolean;
  /** The line holds nothing at all, not even an empty quoted cell. */
  readonly blank: boolean;
}

export interface SplitBatch {
  readonly records: SplitRecord[];
  /** Met behind these records: INPUT_ROW_QUOTE or INPUT_ROW_TOO_LONG. The splitter is of no use after it. */
  readonly failure?: RunScoringError;
}

export interface SplitterOptions {
  readonly dialect: CsvDialect;
  readonly file: string;
  /** `refuse` throws at the first record with broken quotes; `salvage` marks it and goes on. */
  readonly onFault: 'refuse' | 'salvage';
  readonly maxRecordBytes?: number;
}

/**
 * Splits UTF-8 bytes, fed in chunks, into records.
 *
 * csv-parse does the splitting, in array mode and with all three line breaks declared (its own discovery takes the
 * first one for all and mixes up files with several). Around it stands what it cannot tell: the line of each record
 * (it counts a CRLF inside quotes twice), the line on which an unclosed quote was opened, a text that follows a
 * closing quote when its first byte is NUL (it passes), and how to go on after a damaged record (its own way to skip
 * one loses its place inside quotes). For these the bytes since the last whole record are kept.
 */
export class RecordSplitter {
  /** Cells that a record should have; a damaged record is cut where it has as many. Set once the header is known. */
  width = 0;
  readonly #options: SplitterOptions;
  readonly #marks: DialectBytes;
  readonly #limit: number;
  #parser: EagerParser;
  /** Records that csv-parse has finished: cells and the offset of their end in the bytes it was fed. */
  #accepted: { cells: string[]; end: number }[] = [];
  /** Bytes since the last whole record. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Offset of the pending bytes in what the current parser was fed. */
  #pendingStart = 0;
  #line = 1;
  /** The pending bytes begin with a damaged record of which too little is known yet. */
  #broken = false;

  constructor(options: SplitterOptions) {
    this.#options = options;
    this.#marks = dialectBytes(options.dialect);
    this.#limit = options.maxRecordBytes ?? MAX_RECORD_BYTES;
    this.#parser = this.#newParser();
  }

  /**
   * The records that `chunk` completes; undefined for the end of the input. The chunk's memory must not change after.
   */
  async push(chunk: Buffer | undefined): Promise<SplitBatch> {
    const records: SplitRecord[] = [];
    try {
      await this.#push(chunk, records);
      return { records };
    } catch (error) {
      if (error instanceof RunScoringError) return { records, failure: error };
      throw error;
    }
  }

  async #push(chunk: Buffer | undefined, records: SplitRecord[]): Promise<void> {
    const last = chunk === undefined;
    if (chunk !== undefined) {
      this.#pending.push(chunk);
      this.#pendingBytes += chunk.length;
    }
    let failed = this.#broken || !(await this.#feed(chunk));
    this.#take(records);
    while (failed || this.#pendingBytes > this.#limit) {
      const rest = this.#salvage(records, last, failed);
      if (rest === undefined) return;
      this.#pending = [rest];
      this.#pendingBytes = rest.length;
      this.#pendingStart = 0;
      // Damaged rows often come in a row, and a parser is dear.
      failed = isCertain(findQuoteFault(rest, this.#marks));
      if (failed) continue;
      this.#parser = this.#newParser();
      failed = !(await this.#feed(rest)) || (last && !(await this.#feed(undefined)));
      this.#take(records);
    }
  }

  #newParser(): EagerParser {
    const { dialect } = this.#options;
    const options: Options = {
      delimiter: dialect.delimiter,
      quote: dialect.quote === '' ? null : dialect.quote,
      escape: dialect.escape === '' ? null : dialect.escape,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
    };
    const parser = new EagerParser(options, (cells, end) => this.#accepted.push({ cells, end }));
    // The callbacks of write and end carry the error; without a listener it would be thrown as well.
    parser.on('error', () => {});
    return parser;
  }

  /** False when csv-parse stopped at broken quotes. Its error quotes cells, so it goes no further. */
  #feed(chunk: Buffer | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (error?: Error | null) => resolve(error === undefined || error === null);
      if (chunk === undefined) this.#parser.end(done);
      else this.#parser.write(chunk, done);
    });
  }

  /** Moves the accepted records over, each with its line. */
  #take(records: SplitRecord[]): void {
    if (this.#accepted.length === 0) return;
    const bytes = this.#joinPending();
    const hasNul = bytes.includes(0);
    let start = 0;
    for (const { cells, end: absoluteEnd } of this.#accepted) {
      const end = absoluteEnd - this.#pendingStart;
      const record = bytes.subarray(start, end);
      const fault = hasNul && record.includes(0) ? findQuoteFault(record, this.#marks) : undefined;
      if (fault !== undefined && this.#options.onFault === 'refuse')
        throw this.#refusal(fault, record, false);
      records.push({
        cells,
        line: this.#line,
        damaged: fault !== undefined,
        blank: cells.length === 1 && cells[0] === '' && breakAt(record, 0) > 0,
      });
      this.#line += countLines(bytes, start, end).lines;
      start = end;
    }
    this.#accepted = [];
    this.#pending = [bytes.subarray(start)];
    this.#pendingBytes = bytes.length - start;
    this.#pendingStart += start;
  }

  /** Takes the damaged record off the pending bytes and returns the rest; undefined when it must wait for more bytes. */
  #salvage(records: SplitRecord[], last: boolean, failed: boolean): Buffer | undefined {
    const bytes = this.#joinPending();
    const tooLong = bytes.length > this.#limit;
    const fault = findQuoteFault(bytes, this.#marks);
    if (this.#options.onFault === 'refuse' || (!failed && fault === undefined)) {
      throw this.#refusal(fault, bytes, tooLong);
    }
    this.#broken = !last && !tooLong && !hasMoreLines(bytes, MAX_SALVAGED_LINES);
    if (this.#broken) return undefined;
    const { cells, length } = salvageRecord(bytes, this.#marks, this.width);
    records.push({ cells, line: this.#line, damaged: true, blank: false });
    this.#line += countLines(bytes, 0, length).lines;
    return bytes.subarray(length);
  }

  #joinPending(): Buffer {
    const bytes = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending);
    this.#pending = [bytes];
    return bytes;
  }

  #refusal(fault: QuoteFault | undefined, bytes: Buffer, tooLong: boolean): RunScoringError {
    const { file } = this.#options;
    const within = `${this.#limit} bytes`;
    if (fault === undefined && tooLong) {
      return new RunScoringError('INPUT_ROW_TOO_LONG', `The row that begins here is longer than ${within}.`, {
        at: { file, line: this.#line },
      });
    }
    const line = this.#line + countLines(bytes, 0, fault?.offset ?? 0).lines;
    const cell = fault === undefined ? '' : ` (cell ${fault.cell + 1} of its row)`;
    const sentences = {
      stray: `A quote stands inside a cell that does not begin with one${cell}.`,
      after_close: `Text follows a closing quote${cell}.`,
      unclosed: `The quote that opens a cell here is not closed ${tooLong ? `within ${within}` : 'by the end of the file'}${cell}.`,
    };
    return new RunScoringError('INPUT_ROW_QUOTE', sentences[fault?.kind ?? 'stray'], {
      at: { file, line },
      hint: 'A quote inside a quoted cell must be doubled. --on-bad-row keep marks such rows as failed and goes on.',
    });
  }
}

/**
 * Hands records on as csv-parse finishes them, with the offset of their end. As a stream it would hold them back and
 * drop those before an error.
 */
class EagerParser extends Parser {
  readonly #onRecord: (cells: string[], end: number) => void;

  constructor(options: Options, onRecord: (cells: string[], end: number) => void) {
    super(options);
    this.#onRecord = onRecord;
  }

  override push(record: string[] | null): boolean {
    if (record === null) return super.push(null);
    this.#onRecord(record, this.info.bytes);
    return true;
  }
}

/** An open quote may still be closed by bytes to come. */
function isCertain(fault: QuoteFault | undefined): boolean {
  return fault !== undefined && fault.kind !== 'unclosed';
}
