import { RunScoringError } from '../foundation/errors.js';
import { textOfValue } from './cell-value.js';
import { decodedChunks } from './decoded-chunks.js';
import { digestFile } from './digest-file.js';
import type { FileSystem } from './file-system.js';
import { findColumn } from './header-map.js';
import { cellOfJson, membersOf } from './json-line.js';
import { checkUnchanged, type OpenInput, openInput, unreadable } from './open-input.js';
import type { CsvReadOptions } from './read-csv.js';
import { MAX_RECORD_BYTES } from './record-splitter.js';
import type { Table, TablePass, TableRow } from './table.js';
import { type Encoding, findByteOrderMark, parseEncoding } from './text-encoding.js';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * Opens a file of one JSON object a line (JSON Lines, NDJSON) and reads it once to know its columns: all keys, in the order
 * in which they first occur. A cell is a string as it is, nothing for null and where the key is missing, and the JSON text of
 * anything else, as it stands in the file, as does the object in each row.
 * @throws RunScoringError INPUT_NOT_FOUND, INPUT_UNREADABLE, INPUT_EMPTY, INPUT_ENCODING, INPUT_COLUMN_MISSING, USAGE_ENCODING
 */
export async function openJsonl(
  fileSystem: FileSystem,
  path: string,
  options: CsvReadOptions = {},
): Promise<Table> {
  const given = options.encoding === undefined ? undefined : parseEncoding(options.encoding);
  return openInput(fileSystem, path, options.name ?? path, async (input) => {
    const front = Buffer.alloc(4);
    const mark = findByteOrderMark(front.subarray(0, await input.file.read(front, 0)));
    const encoding = given ?? mark?.encoding ?? 'utf-8';
    const reading: Reading = {
      input,
      encoding,
      skip: mark?.encoding === encoding ? mark.length : 0,
      limit: options.maxRecordBytes ?? MAX_RECORD_BYTES,
      keep: options.onBadRow === 'keep',
    };
    const keys = new Set<string>();
    let lines = 0;
    for await (const { text } of readLines(reading)) {
      lines += 1;
      // A damaged line is told of when rows are read: behind a limit it does not matter.
      for (const key of membersOf(text)?.keys() ?? []) keys.add(key);
    }
    if (lines === 0) {
      throw new RunScoringError('INPUT_EMPTY', 'The file is empty.', {
        at: { file: input.name },
        hint: 'It needs one JSON object a line; a table without rows keeps its columns in CSV.',
      });
    }
    const header = [...keys];
    const column = options.column === undefined ? -1 : findColumn(header, options.column, input.name);
    return {
      format: 'jsonl',
      header,
      column,
      dialect: { delimiter: ',', quote: '"', escape: '"' },
      encoding,
      marked: false,
      lineBreak: '\n',
      rows: (pass = {}) => readRows(reading, header, column, pass),
      digest: async () => {
        try {
          return await digestFile(input.file);
        } catch (error) {
          throw unreadable(error, input.name);
        }
      },
      identity: input.facts.identity,
      close: () => input.file.close(),
    };
  });
}

interface Reading {
  readonly input: OpenInput;
  readonly encoding: Encoding;
  readonly skip: number;
  /** Bytes of the longest line. */
  readonly limit: number;
  /** Damaged rows are kept, marked. */
  readonly keep: boolean;
}

interface Line {
  /** 1-based. */
  readonly line: number;
  readonly text: string;
}

/** Lines that hold something. */
async function* readLines(reading: Reading): AsyncGenerator<Line, void, undefined> {
  const { input, encoding, skip, limit } = reading;
  let pieces: Buffer[] = [];
  let length = 0;
  let line = 0;
  const take = (end: Buffer): string => {
    const whole = pieces.length === 0 ? end : Buffer.concat([...pieces, end]);
    pieces = [];
    length = 0;
    line += 1;
    return whole.toString('utf8', 0, whole.at(-1) === CARRIAGE_RETURN ? whole.length - 1 : whole.length);
  };
  const check = (more: number) => {
    length += more;
    if (length <= limit) return;
    throw new RunScoringError('INPUT_ROW_TOO_LONG', `The line has more than ${limit} bytes.`, {
      at: { file: input.name, line: line + 1 },
      hint: 'Is it one JSON object a line, and not one large array?',
    });
  };
  try {
    for await (const chunk of decodedChunks({ file: input.file, name: input.name, encoding, skip })) {
      let from = 0;
      for (;;) {
        const at = chunk.indexOf(LINE_FEED, from);
        if (at < 0) break;
        check(at - from);
        const text = take(chunk.subarray(from, at));
        from = at + 1;
        if (text.trim() !== '') yield { line, text };
      }
      if (from === chunk.length) continue;
      check(chunk.length - from);
      pieces.push(chunk.subarray(from));
    }
    if (pieces.length === 0) return;
    const text = take(Buffer.alloc(0));
    if (text.trim() !== '') yield { line, text };
  } catch (error) {
    throw unreadable(error, input.name);
  }
}

async function* readRows(
  reading: Reading,
  header: readonly string[],
  column: number,
  pass: TablePass,
): AsyncGenerator<TableRow, void, undefined> {
  const { input, keep } = reading;
  const limit = pass.limit ?? Number.POSITIVE_INFINITY;
  let row = 0;
  await checkUnchanged(input);
  if (limit > 0) {
    for await (const { line, text } of readLines(reading)) {
      const members = membersOf(text);
      if (members !== undefined) {
        yield {
          row,
          line,
          cells: header.map((key) => cellOfJson(members.get(key))),
          fault: null,
          source: text.trim(),
        };
      } else if (keep) {
        // The damaged line stands where the text belongs, so that nothing is lost.
        const values = header.map((_, at) => (at === column ? text : null));
        yield { row, line, cells: values.map(textOfValue), fault: 'json', values };
      } else {
        throw new RunScoringError('INPUT_ROW_JSON', 'The line is not a JSON object.', {
          at: { file: input.name, line, row: row + 1 },
          hint: '--on-bad-row keep marks such rows as failed and goes on.',
        });
      }
      row += 1;
      // Not even a fault behind the last row that is wanted is looked for.
      if (row >= limit) break;
    }
  }
  await checkUnchanged(input);
}
