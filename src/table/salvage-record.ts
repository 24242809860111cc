import { breakAt, type DialectBytes, standsAt } from './quote-fault.js';

/** A damaged record that goes on over more lines than this is cut after its first line. */
export const MAX_SALVAGED_LINES = 20;

export interface SalvagedRecord {
  readonly cells: string[];
  /** Bytes that the record takes, its line break included. */
  readonly length: number;
}

/**
 * Reads a record whose quotes are broken, so that the rows after it are not lost. Where such a record ends is a
 * guess: the first line break at which it has `width` cells, else its first line. The caller marks the row as damaged.
 */
export function salvageRecord(bytes: Uint8Array, dialect: DialectBytes, width: number): SalvagedRecord {
  let first: SalvagedRecord | undefined;
  let end = 0;
  for (let line = 0; line < MAX_SALVAGED_LINES && end < bytes.length; line++) {
    while (end < bytes.length && breakAt(bytes, end) === 0) end += 1;
    const cells = splitLoosely(bytes.subarray(0, end), dialect);
    const ending = end < bytes.length ? breakAt(bytes, end) : 0;
    const record = { cells, length: end + ending };
    if (cells.length === width) return record;
    first ??= record;
    end += ending;
  }
  return first ?? { cells: [''], length: bytes.length };
}

/**
 * Splits one record without ever failing: a quoted cell ends only at a quote with a delimiter or the end behind it,
 * every other quote inside a cell is text.
 */
function splitLoosely(record: Uint8Array, dialect: DialectBytes): string[] {
  const { delimiter, quote, escapeMark } = dialect;
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    const parts: Uint8Array[] = [];
    let from = at;
    const ends = (position: number) => position >= record.length || standsAt(record, position, delimiter);
    if (standsAt(record, at, quote)) {
      at += quote.length;
      from = at;
      while (at < record.length) {
        if (standsAt(record, at, escapeMark) && standsAt(record, at + escapeMark.length, quote)) {
          parts.push(record.subarray(from, at));
          from = at + escapeMark.length;
          at = from + quote.length;
        } else if (standsAt(record, at, quote) && ends(at + quote.length)) break;
        else at += 1;
      }
      parts.push(record.subarray(from, at));
      if (at < record.length) at += quote.length;
    } else {
      while (!ends(at)) at += 1;
      parts.push(record.subarray(from, at));
    }
    cells.push(Buffer.concat(parts).toString('utf8'));
    if (at >= record.length || !standsAt(record, at, delimiter)) break;
    at += delimiter.length;
  }
  return cells;
}
