import type { CsvDialect } from './csv-dialect.js';

/**
 * What is wrong with the quotes of a record, and at which byte:
 * - `stray`: a quote inside a cell that does not begin with one;
 * - `after_close`: text between a closing quote and the next delimiter;
 * - `unclosed`: the quote that opened there is never closed.
 */
export interface QuoteFault {
  readonly kind: 'stray' | 'after_close' | 'unclosed';
  readonly offset: number;
  /** 0-based cell of the record. */
  readonly cell: number;
}

export interface DialectBytes {
  readonly delimiter: Buffer;
  readonly quote: Buffer;
  readonly escapeMark: Buffer;
}

export function dialectBytes(dialect: CsvDialect): DialectBytes {
  return {
    delimiter: Buffer.from(dialect.delimiter),
    quote: Buffer.from(dialect.quote),
    escapeMark: Buffer.from(dialect.escape),
  };
}

/** Whether `mark` stands at `at`. An empty mark stands nowhere. */
export function standsAt(bytes: Uint8Array, at: number, mark: Uint8Array): boolean {
  if (mark.length === 0) return false;
  for (let i = 0; i < mark.length; i++) if (bytes[at + i] !== mark[i]) return false;
  return true;
}

/** Length of the line break at `at`: 2 for CRLF, 1 for a bare CR or LF, else 0. */
export function breakAt(bytes: Uint8Array, at: number): number {
  if (bytes[at] === 13) return bytes[at + 1] === 10 ? 2 : 1;
  return bytes[at] === 10 ? 1 : 0;
}

/**
 * Walks one record by the strict rules (RFC 4180 with any dialect) and finds the first fault of its quotes.
 * `bytes` begins with the record and may hold more. Undefined: the record is sound.
 */
export function findQuoteFault(bytes: Uint8Array, dialect: DialectBytes): QuoteFault | undefined {
  const { delimiter, quote, escapeMark } = dialect;
  let at = 0;
  for (let cell = 0; ; cell++) {
    if (standsAt(bytes, at, quote)) {
      const closing = closingQuote(bytes, at + quote.length, quote, escapeMark);
      if (closing < 0) return { kind: 'unclosed', offset: at, cell };
      at = closing + quote.length;
      if (!endsCell(bytes, at, delimiter)) return { kind: 'after_close', offset: at, cell };
    }
    for (; !endsCell(bytes, at, delimiter); at++) {
      if (standsAt(bytes, at, quote)) return { kind: 'stray', offset: at, cell };
    }
    if (!standsAt(bytes, at, delimiter)) return undefined;
    at += delimiter.length;
  }
}

/** Whether a cell ends at `at`: there stands a delimiter, a line break or the end of the bytes. */
export function endsCell(bytes: Uint8Array, at: number, delimiter: Uint8Array): boolean {
  return at >= bytes.length || breakAt(bytes, at) > 0 || standsAt(bytes, at, delimiter);
}

/** Offset of the quote that closes a cell whose text begins at `from`; -1 when there is none. */
function closingQuote(bytes: Uint8Array, from: number, quote: Uint8Array, escapeMark: Uint8Array): number {
  const doubling = Buffer.compare(quote, escapeMark) === 0;
  for (let at = from; at < bytes.length; at++) {
    if (standsAt(bytes, at, escapeMark) && (!doubling || standsAt(bytes, at + escapeMark.length, quote))) {
      at += escapeMark.length + (doubling ? quote.length : 1) - 1;
    } else if (standsAt(bytes, at, quote)) return at;
  }
  return -1;
}
