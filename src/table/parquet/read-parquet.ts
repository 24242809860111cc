import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetScan,
  type RowGroup,
} from 'hyparquet';
import { RunScoringError } from '../../foundation/errors.js';
import { textOfValue } from '../cell-value.js';
import { damagedFile, tooLarge } from '../damaged-file.js';
import { digestFile } from '../digest-file.js';
import type { FileSystem } from '../file-system.js';
import { findColumn } from '../header-map.js';
import { checkUnchanged, type OpenInput, openInput, unreadable } from '../open-input.js';
import type { CsvReadOptions } from '../read-csv.js';
import type { Table, TablePass, TableRow } from '../table.js';
import { checkPages, groupTooLarge } from './check-pages.js';
import { decompressors } from './decompressors.js';
import { columnsOf, type ParquetColumn, storedSchema } from './parquet-schema.js';
import { decoderOf } from './stored-values.js';

/** The footer, which stands in memory as objects. */
const MAX_FOOTER_BYTES = 64 * 1024 ** 2;
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
    return {
      format: 'parquet',
      header,
      column: options.column === undefined ? -1 : findColumn(header, options.column, name),
      dialect: { delimiter: ',', quote: '"', escape: '"' },
      encoding: 'utf-8',
      marked: false,
      lineBreak: '\n',
      columns,
      rows: (pass = {}) => readRows(reading, pass),
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
    if (end.byteLength === 8 && end.getUint32(0, true) > MAX_FOOTER_BYTES) {
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

async function* readRows(reading: Reading, pass: TablePass): AsyncGenerator<TableRow, void, undefined> {
  const { input, metadata, columns } = reading;
  const limit = pass.limit ?? Number.POSITIVE_INFINITY;
  const decoders = columns.map(({ tree }) => decoderOf(tree));
  let row = 0;
  await checkUnchanged(input);
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
async function readGroup(
  { input, file, metadata, columns }: Reading,
  group: RowGroup,
  wanted: number,
): Promise<ArrayLike<unknown>[]> {
  if (wanted === 0) return columns.map(() => []);
  try {
    await checkGroup(group, file, input.name);
    const scan = await parquetScan({
      file,
      metadata: { ...metadata, schema: storedSchema(metadata.schema, 'unmarked'), row_groups: [group] },
      rowEnd: wanted,
      useOffsetIndex: false,
      utf8: false,
      compressors: decompressors,
      // INT96 is the one stored type that the reader converts whatever the schema says.
      parsers: { timestampFromNanoseconds: (nanoseconds: bigint) => nanoseconds } as never,
    });
    const stored: ArrayLike<unknown>[] = [];
    for (const { name } of columns) {
      const values = await scan.readColumn({ column: name, rowStart: 0, rowEnd: wanted });
      if (values.length < wanted) throw new Error('rows');
      stored.push(values);
    }
    return stored;
  } catch (error) {
    throw damagedFile(error, input.name, 'Parquet file');
  }
}

/** @throws RunScoringError INPUT_TOO_LARGE; a plain Error for what makes no sense */
async function checkGroup(group: RowGroup, file: AsyncBuffer, name: string): Promise<void> {
  const rows = Number(group.num_rows);
  if (rows > MAX_GROUP_ROWS) throw groupTooLarge(name);
  let bytes = 0;
  for (const { meta_data: column } of group.columns) {
    if (column === undefined) throw new Error('column');
    const isFlat = column.path_in_schema.length === 1;
    const values = Number(column.num_values);
    if (values < 0 || (isFlat && values !== rows)) throw new Error('values');
    if (values > MAX_GROUP_VALUES) throw groupTooLarge(name);
    const start = column.dictionary_page_offset || column.data_page_offset;
    const chunk = await file.slice(Number(start), Number(start + column.total_compressed_size));
    bytes += checkPages(chunk, column, values, name);
    if (bytes > MAX_GROUP_BYTES) throw groupTooLarge(name);
  }
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
