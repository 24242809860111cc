import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetScan,
  parquetSchema,
  type RowGroup,
} from 'hyparquet';
import { getTreePath } from 'hyparquet/src/schema.js';
import { RunScoringError } from '../../foundation/errors.js';
import { textOfValue } from '../cell-value.js';
import { damagedFile, tooLarge } from '../damaged-file.js';
import { digestFile } from '../digest-file.js';
import type { FileSystem } from '../file-system.js';
import { findColumn } from '../header-map.js';
import { checkUnchanged, type OpenInput, openInput, unreadable } from '../open-input.js';
import type { CsvReadOptions } from '../read-csv.js';
import type { Table, TablePass, TableRow } from '../table.js';
import { CODECS } from './decompressors.js';
import { columnsOf, type ParquetColumn, storedSchema } from './parquet-schema.js';
import { type Decoder, decoderOf, hasUnmarkedBytes } from './stored-values.js';
import { groupTooLarge, type UnpackedPages, unpackPages } from './unpack-pages.js';

/** `PAR1` */
const MAGIC = 0x31524150;
/** The footer, which stands in memory as objects. */
const MAX_FOOTER_BYTES = 32 * 1024 ** 2;
/** A row group is in memory while its rows are read. Writers make at most 1,048,576 rows by default. */
const MAX_GROUP_ROWS = 4 * 1024 ** 2;
const MAX_GROUP_VALUES = 4 * MAX_GROUP_ROWS;
const MAX_GROUP_BYTES = 2 * 1024 ** 3;

interface Reading {
  readonly input: OpenInput;
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly columns: readonly ParquetColumn[];
}

/**
 * Opens a Parquet file. Rows are read row group by row group: memory grows with the largest one, not with the file.
 * @throws RunScoringError INPUT_NOT_FOUND, INPUT_UNREADABLE, INPUT_EMPTY, INPUT_DAMAGED, INPUT_TOO_LARGE, INPUT_COLUMN_MISSING,
 *   INPUT_COLUMN_AMBIGUOUS, INPUT_COLUMN_TYPE
 */
export async function openParquet(
  fileSystem: FileSystem,
  path: string,
  options: CsvReadOptions = {},
): Promise<Table> {
  return openInput(fileSystem, path, options.name ?? path, async (input) => {
    const { name, facts } = input;
    if (facts.size === 0)
      throw new RunScoringError('INPUT_EMPTY', 'The file is empty.', { at: { file: name } });
    const file = bufferOf(input);
    const { metadata, columns } = await readFooter(file, name);
    const reading = { input, file, metadata, columns };
    const header = columns.map((column) => column.name);
    let decoders: Promise<Decoder[]> | undefined;
    return {
      format: 'parquet',
      header,
      column: options.column === undefined ? -1 : findColumn(header, options.column, name),
      dialect: { delimiter: ',', quote: '"', escape: '"' },
      encoding: 'utf-8',
      marked: false,
      lineBreak: '\n',
      columns,
      rows: (pass = {}) =>
        readRows(reading, pass, () => {
          decoders ??= decodersOf(reading);
          return decoders;
        }),
      digest: async () => {
        try {
          return await digestFile(input.file);
        } catch (error) {
          throw unreadable(error, name);
        }
      },
      identity: facts.identity,
      close: () => input.file.close(),
    };
  });
}

async function readFooter(file: AsyncBuffer, name: string): Promise<Omit<Reading, 'input' | 'file'>> {
  try {
    const end = new DataView(await file.slice(Math.max(0, file.byteLength - 8), file.byteLength));
    if (end.byteLength < 8 || end.getUint32(4, true) !== MAGIC) throw new Error('no footer');
    if (end.getUint32(0, true) > MAX_FOOTER_BYTES) {
      throw tooLarge(name, 'The footer is too large.', 'Write the file with fewer or larger row groups.');
    }
    const metadata = await parquetMetadataAsync(file, { geoparquet: false });
    const groups = metadata.row_groups;
    if (groups.reduce((sum, group) => sum + group.num_rows, 0n) !== metadata.num_rows)
      throw new Error('rows');
    return { metadata, columns: columnsOf(metadata, name) };
  } catch (error) {
    throw damagedFile(error, name, 'Parquet file');
  }
}

/** Unmarked bytes are texts where all of the column are such, which takes a look at the whole column; else base64. */
async function decodersOf(reading: Reading): Promise<Decoder[]> {
  const decoders: Decoder[] = [];
  for (const column of reading.columns) {
    const isText = !hasUnmarkedBytes(column.tree) || (await holdsTexts(reading, column));
    decoders.push(decoderOf(column.tree, isText ? 'text' : 'base64'));
  }
  return decoders;
}

async function holdsTexts(reading: Reading, column: ParquetColumn): Promise<boolean> {
  const decode = decoderOf(column.tree, 'text');
  for (const group of reading.metadata.row_groups) {
    const rows = Number(group.num_rows);
    const [values] = await readGroup({ ...reading, columns: [column] }, group, rows);
    try {
      for (let at = 0; at < rows; at++) decode(values![at]);
    } catch (error) {
      if (error instanceof TypeError) return false;
      throw error;
    }
  }
  return true;
}

async function* readRows(
  reading: Reading,
  pass: TablePass,
  decodersOfTable: () => Promise<readonly Decoder[]>,
): AsyncGenerator<TableRow, void, undefined> {
  const { input, metadata, columns } = reading;
  const limit = pass.limit ?? Number.POSITIVE_INFINITY;
  let row = 0;
  await checkUnchanged(input);
  const decoders = await decodersOfTable();
  for (const group of metadata.row_groups) {
    if (row >= limit) break;
    const wanted = Math.min(Number(group.num_rows), limit - row);
    const stored = await readGroup(reading, group, wanted);
    for (let at = 0; at < wanted; at++) {
      const physical = stored.map((column) => column[at] as unknown);
      const values = physical.map((value, index) => {
        try {
          return decoders[index]!(value);
        } catch (error) {
          throw badText(error, input.name, row, columns[index]!.name);
        }
      });
      yield { row, line: row + 1, cells: values.map(textOfValue), fault: null, values, stored: physical };
      row += 1;
    }
  }
  await checkUnchanged(input);
}

/** One array a column, of at least `wanted` values. */
async function readGroup(reading: Reading, group: RowGroup, wanted: number): Promise<ArrayLike<unknown>[]> {
  const { input, columns } = reading;
  if (wanted === 0) return columns.map(() => []);
  try {
    if (Number(group.num_rows) > MAX_GROUP_ROWS) throw groupTooLarge(input.name);
    const stored: ArrayLike<unknown>[] = [];
    let bytes = 0;
    for (const { name } of columns) {
      const chunks = await unpackColumn(reading, group, name);
      for (const chunk of chunks) bytes += chunk.bytes;
      if (bytes > MAX_GROUP_BYTES) throw groupTooLarge(input.name);
      stored.push(await readColumn(reading, group, name, chunks, wanted));
    }
    return stored;
  } catch (error) {
    throw damagedFile(error, input.name, 'Parquet file');
  }
}

interface Chunk extends UnpackedPages {
  readonly start: number;
  readonly packed: ArrayBuffer;
}

/** A nested column has a chunk for each of its leaves. @throws RunScoringError INPUT_TOO_LARGE; a plain Error for what makes no sense */
async function unpackColumn(
  { input, file, metadata }: Reading,
  group: RowGroup,
  name: string,
): Promise<Chunk[]> {
  const rows = Number(group.num_rows);
  const tree = parquetSchema(metadata);
  const chunks: Chunk[] = [];
  for (const { meta_data: column } of group.columns) {
    if (column === undefined) throw new Error('column');
    if (column.path_in_schema[0] !== name) continue;
    const path = getTreePath(tree, column.path_in_schema);
    const values = Number(column.num_values);
    if (values < 0 || (path.length === 2 && values !== rows)) throw new Error('values');
    if (values > MAX_GROUP_VALUES) throw groupTooLarge(input.name);
    const start = column.dictionary_page_offset || column.data_page_offset;
    const packed = await file.slice(Number(start), Number(start + column.total_compressed_size));
    const unpacked = unpackPages(packed, column, path, values, input.name);
    chunks.push({ start: Number(start), packed, ...unpacked });
  }
  return chunks;
}

async function readColumn(
  { metadata }: Reading,
  group: RowGroup,
  name: string,
  chunks: readonly Chunk[],
  wanted: number,
): Promise<ArrayLike<unknown>> {
  // hyparquet gets what was read and unpacked, and nothing else. It copies chunks that it fetches together.
  const slice = (start: number, end = start) => {
    const whole = chunks.find((chunk) => chunk.start === start && start + chunk.packed.byteLength === end);
    if (whole !== undefined) return whole.packed;
    const bytes = new Uint8Array(end - start);
    for (const chunk of chunks) {
      const inside = chunk.start >= start && chunk.start + chunk.packed.byteLength <= end;
      if (inside) bytes.set(new Uint8Array(chunk.packed), chunk.start - start);
    }
    return bytes.buffer;
  };
  const known = new Map<ArrayBufferLike, Chunk | undefined>();
  const unpacked = (packed: Uint8Array) => {
    const { buffer, byteOffset } = packed;
    if (!known.has(buffer))
      known.set(
        buffer,
        chunks.find((chunk) => isEqual(chunk.packed, buffer)),
      );
    const page = known.get(buffer)?.pages.get(byteOffset);
    if (page === undefined) throw new Error('page');
    return page;
  };
  const scan = await parquetScan({
    file: { byteLength: Number.MAX_SAFE_INTEGER, slice },
    metadata: { ...metadata, schema: storedSchema(metadata.schema, 'unmarked'), row_groups: [group] },
    columns: [name],
    rowEnd: wanted,
    useOffsetIndex: false,
    utf8: false,
    compressors: Object.fromEntries(CODECS.map((codec) => [codec, unpacked])),
    // INT96 is the one stored type that the reader converts whatever the schema says.
    parsers: { timestampFromNanoseconds: (nanoseconds: bigint) => nanoseconds } as never,
  });
  const values = await scan.readColumn({ column: name, rowStart: 0, rowEnd: wanted });
  if (values.length < wanted) throw new Error('rows');
  return values;
}

function isEqual(a: ArrayBufferLike, b: ArrayBufferLike): boolean {
  return a === b || (a.byteLength === b.byteLength && Buffer.from(a).equals(Buffer.from(b)));
}

function badText(error: unknown, file: string, row: number, field: string): unknown {
  if (!(error instanceof TypeError)) return error;
  return new RunScoringError('INPUT_ENCODING', 'The text is not valid UTF-8.', {
    at: { file, row: row + 1, field },
  });
}

/** The open file for hyparquet. What lies outside of it is a damaged file. */
function bufferOf({ file, facts }: OpenInput): AsyncBuffer {
  return {
    byteLength: facts.size,
    slice: async (start, end = facts.size) => {
      if (!(start >= 0 && end >= start && end <= facts.size)) throw new Error('outside of the file');
      const bytes = new Uint8Array(end - start);
      for (let done = 0; done < bytes.length; ) {
        const length = await file.read(bytes.subarray(done), start + done);
        if (length === 0) throw new Error('end of the file');
        done += length;
      }
      return bytes.buffer;
    },
  };
}
