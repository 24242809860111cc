import { isUtf8 } from 'node:buffer';
import { RunScoringError } from '../foundation/errors.js';
import { nearestName } from '../foundation/nearest-name.js';
import { countLines } from './count-lines.js';

export const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'latin1', 'windows-1252'] as const;
export type Encoding = (typeof ENCODINGS)[number];

const SPELLINGS: Record<string, Encoding> = {
  utf8: 'utf-8',
  'utf-8-sig': 'utf-8',
  ascii: 'utf-8',
  'utf-16-le': 'utf-16le',
  utf16le: 'utf-16le',
  'utf-16': 'utf-16le',
  utf16: 'utf-16le',
  'utf-16-be': 'utf-16be',
  utf16be: 'utf-16be',
  'iso-8859-1': 'latin1',
  'latin-1': 'latin1',
  cp1252: 'windows-1252',
};

/** @throws RunScoringError USAGE_ENCODING */
export function parseEncoding(name: string): Encoding {
  const wanted = name.toLowerCase().replaceAll('_', '-');
  const known = SPELLINGS[wanted] ?? ENCODINGS.find((encoding) => encoding === wanted);
  if (known !== undefined) return known;
  const near = nearestName(wanted, [...ENCODINGS, ...Object.keys(SPELLINGS)]);
  throw new RunScoringError(
    'USAGE_ENCODING',
    `The encoding ${JSON.stringify(name.slice(0, 40))} is not known.`,
    {
      hint: `${near === undefined ? '' : `Did you mean ${near}? `}Known: ${ENCODINGS.join(', ')}.`,
    },
  );
}

export interface ByteOrderMark {
  readonly encoding: Encoding;
  readonly length: number;
}

/** The byte order mark that `head` (at least the first three bytes of a file) begins with. */
export function findByteOrderMark(head: Uint8Array): ByteOrderMark | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', length: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', length: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', length: 2 };
  return undefined;
}

/** Turns the bytes of a file, chunk by chunk, into valid UTF-8. Nothing is ever replaced by U+FFFD. */
export interface TextDecoding {
  /** `last` flushes; the bytes may be a view of `chunk`. @throws RunScoringError INPUT_ENCODING with the line */
  decode(chunk: Buffer, last: boolean): Buffer;
}

export function createTextDecoding(encoding: Encoding, file: string): TextDecoding {
  if (encoding === 'utf-8') return new Utf8Check(file);
  if (encoding === 'latin1') return { decode: (chunk) => Buffer.from(chunk.toString('latin1'), 'utf8') };
  return new Transcoding(encoding, file);
}

const EMPTY = Buffer.alloc(0);

class Utf8Check implements TextDecoding {
  readonly #file: string;
  #line = 1;
  #afterReturn = false;
  /** The first bytes of a character whose other bytes are in the next chunk. */
  #open: Buffer = EMPTY;

  constructor(file: string) {
    this.#file = file;
  }

  decode(chunk: Buffer, last: boolean): Buffer {
    const bytes = this.#open.length === 0 ? chunk : Buffer.concat([this.#open, chunk]);
    const end = last ? bytes.length : bytes.length - openCharacterBytes(bytes);
    const whole = bytes.subarray(0, end);
    if (!isUtf8(whole))
      throw invalidBytes('utf-8', this.#file, this.#line + linesBeforeBreak(whole, this.#afterReturn));
    // The chunk's memory may be used again, so what stays is copied.
    this.#open = Buffer.from(bytes.subarray(end));
    const count = countLines(whole, 0, whole.length, this.#afterReturn);
    this.#line += count.lines;
    this.#afterReturn = count.afterReturn;
    return whole;
  }
}

/** How many bytes at the end begin a character that is not complete yet (0 to 3). */
function openCharacterBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needs > back ? back : 0;
  }
  return 0;
}

/** Line breaks before the first line that is not UTF-8. A line feed is never part of another character. */
function linesBeforeBreak(bytes: Buffer, afterReturn: boolean): number {
  let start = 0;
  for (;;) {
    const feed = bytes.indexOf(10, start);
    const end = feed < 0 ? bytes.length : feed + 1;
    if (feed < 0 || !isUtf8(bytes.subarray(start, end))) {
      // A file whose lines end in a bare CR is one line for the search above; narrow it down.
      let valid = start;
      for (let at = start; at < end; at++) {
        if (bytes[at] !== 13) continue;
        if (!isUtf8(bytes.subarray(valid, at + 1))) break;
        valid = at + 1;
      }
      return countLines(bytes, 0, valid, afterReturn).lines;
    }
    start = end;
  }
}

class Transcoding implements TextDecoding {
  readonly #encoding: Encoding;
  readonly #file: string;
  readonly #decoder: InstanceType<typeof TextDecoder>;
  #line = 1;
  #afterReturn = false;

  constructor(encoding: Encoding, file: string) {
    this.#encoding = encoding;
    this.#file = file;
    // A mark at the front has been taken off before; a later U+FEFF is text.
    this.#decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  }

  decode(chunk: Buffer, last: boolean): Buffer {
    let text: string;
    try {
      text = this.#decoder.decode(chunk, { stream: !last });
    } catch {
      throw invalidBytes(this.#encoding, this.#file, this.#line, 'at or after');
    }
    const bytes = Buffer.from(text, 'utf8');
    const count = countLines(bytes, 0, bytes.length, this.#afterReturn);
    this.#line += count.lines;
    this.#afterReturn = count.afterReturn;
    return bytes;
  }
}

function invalidBytes(encoding: Encoding, file: string, line: number, where = 'in'): RunScoringError {
  return new RunScoringError('INPUT_ENCODING', `The file is not valid ${encoding} ${where} line ${line}.`, {
    at: { file, line },
    hint: `Give its real encoding with --encoding (${ENCODINGS.join(', ')}).`,
  });
}
