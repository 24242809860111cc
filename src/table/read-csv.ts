import { RunScoringError } from '../foundation/errors.js';
import { type CsvDialect, parseDelimiter } from './csv-dialect.js';
import { type ChunkSource, decodedChunks } from './decoded-chunks.js';
import { digestFile } from './digest-file.js';
import type { FileSystem, OpenFile } from './file-system.js';
import { findColumn } from './header-map.js';
import { checkUnchanged, type OpenInput, openInput, unreadable } from './open-input.js';
import { RecordSplitter, type SplitRecord } from './record-splitter.js';
import { sniffDelimiter } from './sniff-delimiter.js';
import type { RowFault, Table, TablePass, TableRow } from './table.js';
import { createTextDecoding, type Encoding, findByteOrderMark, parseEncoding } from './text-encoding.js';

/** Read ahead to find delimiter and header; a header line must fit in. */
const SAMPLE_BYTES = 4 * 1024 * 1024;

export interface CsvReadOptions {
  /** Default: by the byte order mark, else utf-8. */
  readonly encoding?: string | undefined;
  /** Default: found by itself. */
  readonly delimiter?: string | undefined;
  readonly quote?: string;
  readonly escape?: string;
  /** What becomes of a row with too few or too many cells, with broken quotes, or that repeats the header. Default `refuse`. */
  readonly onBadRow?: 'refuse' | 'keep' | undefined;
  /** A column that the header must have. */
  readonly column?: string | undefined;
  readonly maxRecordBytes?: number;
  /** What messages call the file. Default: its path. */
  readonly name?: string | undefined;
}

/**
 * Opens a CSV file and reads its header.
 * @throws RunScoringError INPUT_NOT_FOUND, INPUT_UNREADABLE, INPUT_EMPTY, INPUT_FORMAT, INPUT_ENCODING, INPUT_COLUMN_MISSING,
 *   INPUT_COLUMN_AMBIGUOUS, USAGE_ENCODING, USAGE_DELIMITER
 */
export async function openCsv(
  fileSystem: FileSystem,
  path: string,
  options: CsvReadOptions = {},
): Promise<Table> {
  const given = options.encoding === undefined ? undefined : parseEncoding(options.encoding);
  const delimiter = options.delimiter === undefined ? undefined : parseDelimiter(options.delimiter);
  return openInput(fileSystem, path, options.name ?? path, (input) =>
    readHeader(input, options, given, delimiter),
  );
}

async function readHeader(
  input: OpenInput,
  options: CsvReadOptions,
  given: Encoding | undefined,
  givenDelimiter: string | undefined,
): Promise<Table> {
  const { file, name: path, facts } = input;
  const raw = await readSample(file);
  refuseOtherFormats(raw, path);
  const mark = findByteOrderMark(raw);
  const encoding = given ?? mark?.encoding ?? 'utf-8';
  if (mark !== undefined && mark.encoding !== encoding) {
    throw new RunScoringError(
      'INPUT_ENCODING',
      `The file begins with the byte order mark of ${mark.encoding}.`,
      {
        at: { file: path, line: 1 },
        hint: `Give --encoding ${mark.encoding}, or leave the option out.`,
      },
    );
  }
  const source: ChunkSource = { file, name: path, encoding, skip: mark?.length ?? 0 };
  const quote = options.quote ?? '"';
  const quoting = { quote, escape: options.escape ?? quote };
  const sample = createTextDecoding(encoding, path).decode(raw.subarray(source.skip), false);
  const dialect = {
    ...quoting,
    delimiter: givenDelimiter ?? (await sniffDelimiter(sample, quoting, options.column)),
  };
  const reading = { input, source, path, dialect, options };
  let header: SplitRecord | undefined;
  // A damaged header is refused in every mode: nothing tells its columns.
  for await (const batch of readRecords(
    { ...reading, options: { ...options, onBadRow: 'refuse' } },
    () => {},
  )) {
    header = batch.find((record) => !record.blank);
    if (header !== undefined) break;
  }
  if (header === undefined) {
    throw new RunScoringError('INPUT_EMPTY', 'The file is empty.', {
      at: { file: path },
      hint: 'It needs at least a header line.',
    });
  }
  const { cells, line } = header;
  return {
    format: 'csv',
    header: cells,
    column: options.column === undefined ? -1 : findColumn(cells, options.column, path, line),
    dialect,
    encoding,
    marked: mark !== undefined,
    lineBreak: lineBreakOf(sample, header),
    rows: (pass = {}) => readRows(reading, cells, pass),
    digest: async () => {
      try {
        return await digestFile(file);
      } catch (error) {
        throw unreadable(error, path);
      }
    },
    identity: facts.identity,
    close: () => file.close(),
  };
}

/**
 * How JSON begins. No table is lost by it: a header with a quote inside an unquoted cell is refused anyway, and a bracket
 * alone on a line names no column.
 */
const JSON_START = /^(?:\xEF\xBB\xBF)?\s*(?:\[\s*)?\{\s*"/;

/** Workbooks, Parquet and JSON under another name, or on stdin. @throws RunScoringError INPUT_FORMAT */
function refuseOtherFormats(front: Buffer, file: string): void {
  const start = front.toString('latin1', 0, 100);
  const found = start.startsWith('PK\x03\x04')
    ? { kind: 'XLSX', named: '.xlsx' }
    : start.startsWith('PAR1\x15')
      ? { kind: 'Parquet', named: '.parquet' }
      : JSON_START.test(start)
        ? { kind: 'JSON', named: '.jsonl and has one object a line' }
        : undefined;
  if (found === undefined) return;
  throw new RunScoringError('INPUT_FORMAT', `The input is no CSV; it may be ${found.kind}.`, {
    at: { file },
    hint: `Give a file that is named ${found.named}; stdin takes CSV.`,
  });
}

async function readSample(file: OpenFile): Promise<Buffer> {
  const sample = Buffer.alloc(Math.min(SAMPLE_BYTES, (await file.facts()).size));
  let length = 0;
  while (length < sample.length) {
    const read = await file.read(sample.subarray(length), length);
    if (read === 0) break;
    length += read;
  }
  return sample.subarray(0, length);
}

/** The first line break that ends a line: those inside quotes stand in the header's cells. */
function lineBreakOf(text: Buffer, header: SplitRecord): Table['lineBreak'] {
  let quoted = header.line > 1 ? 0 : header.cells.join('').replace(/[^\r\n]/g, '').length;
  const at = text.findIndex((byte) => (byte === 10 || byte === 13) && --quoted < 0);
  if (at < 0 || text[at] === 10) return '\n';
  return text[at + 1] === 10 ? '\r\n' : '\r';
}

interface Reading {
  readonly input: OpenInput;
  readonly source: ChunkSource;
  readonly path: string;
  readonly dialect: CsvDialect;
  readonly options: CsvReadOptions;
}

/** Records of the whole file, header and blank lines included, as they come out of each chunk. */
async function* readRecords(
  reading: Reading,
  onSplitter: (splitter: RecordSplitter) => void,
): AsyncGenerator<SplitRecord[], void, undefined> {
  const { maxRecordBytes, onBadRow } = reading.options;
  const splitter = new RecordSplitter({
    dialect: reading.dialect,
    file: reading.path,
    onFault: onBadRow === 'keep' ? 'salvage' : 'refuse',
    ...(maxRecordBytes === undefined ? {} : { maxRecordBytes }),
  });
  onSplitter(splitter);
  try {
    for await (const chunk of decodedChunks(reading.source)) {
      const { records, failure } = await splitter.push(chunk);
      yield records;
      if (failure !== undefined) throw failure;
    }
    const { records, failure } = await splitter.push(undefined);
    yield records;
    if (failure !== undefined) throw failure;
  } catch (error) {
    throw unreadable(error, reading.path);
  }
}

async function* readRows(
  reading: Reading,
  header: readonly string[],
  pass: TablePass,
): AsyncGenerator<TableRow, void, undefined> {
  const width = header.length;
  const limit = pass.limit ?? Number.POSITIVE_INFINITY;
  let row = -1;
  const setWidth = (splitter: RecordSplitter) => {
    splitter.width = width;
  };
  await checkUnchanged(reading.input);
  batches: for await (const batch of readRecords(reading, setWidth)) {
    for (const record of batch) {
      if (row >= limit) break batches;
      if (record.blank && (row < 0 || width > 1)) continue;
      row += 1;
      if (row === 0) continue;
      const fault = faultOf(record, header);
      if (fault !== null && reading.options.onBadRow !== 'keep')
        throw badRow(reading.path, record, width, row);
      yield { row: row - 1, line: record.line, cells: record.cells, fault };
    }
    // Not even a fault behind the last row that is wanted is looked for.
    if (row >= limit) break;
  }
  await checkUnchanged(reading.input);
}

function faultOf(record: SplitRecord, header: readonly string[]): RowFault | null {
  const { cells, damaged } = record;
  if (damaged) return 'quote';
  if (cells.length !== header.length) return cells.length < header.length ? 'too_few' : 'too_many';
  // In a single column the name of the column may well be a text.
  const repeats = header.length > 1 && cells.every((cell, index) => cell === header[index]);
  return repeats && cells.some((cell) => cell !== '') ? 'header_again' : null;
}

function badRow(file: string, record: SplitRecord, width: number, row: number): RunScoringError {
  const cells = record.cells.length;
  const repeats = cells === width;
  const message = repeats
    ? 'The row repeats the header.'
    : `The row has ${cells} ${cells === 1 ? 'cell' : 'cells'}, the header has ${width}.`;
  const advice = repeats
    ? 'Were several files put together?'
    : 'Quote cells that hold the delimiter or a line break.';
  return new RunScoringError(repeats ? 'INPUT_ROW_HEADER' : 'INPUT_ROW_CELLS', message, {
    at: { file, line: record.line, row },
    hint: `${advice} --on-bad-row keep marks such rows as failed and goes on.`,
  });
}
