import type { ColumnMetaData, PageHeader, SchemaTree } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from 'hyparquet/src/schema.js';
import type { RunScoringError } from '../../foundation/errors.js';
import { tooLarge } from '../damaged-file.js';
import { decompress } from './decompressors.js';

/** One page, unpacked. Writers aim at 1 MiB; a single text may be longer. */
const MAX_PAGE_BYTES = 256 * 1024 ** 2;
/** One column of a row group, unpacked. */
const MAX_CHUNK_BYTES = 1024 ** 3;
/** Runs of bits are filled up to eights, and some writers are generous. */
const RUN_SLACK = 1024;

/** The pages of a column chunk, unpacked, by the place of their packed bytes in the chunk. */
export interface UnpackedPages {
  readonly pages: ReadonlyMap<number, Uint8Array>;
  /** Of all pages. */
  readonly bytes: number;
}

/**
 * Unpacks the pages of a column chunk and walks through what in them says how often a value is repeated: the reader believes
 * it, without end. Throws a plain Error for what makes no sense.
 * @param path from the schema's root to the column
 * @param values most values that the chunk may have
 * @throws RunScoringError INPUT_TOO_LARGE
 */
export function unpackPages(
  chunk: ArrayBuffer,
  column: ColumnMetaData,
  path: SchemaTree[],
  values: number,
  file: string,
): UnpackedPages {
  const reader = { view: new DataView(chunk), offset: 0 };
  const pages = new Map<number, Uint8Array>();
  let bytes = 0;
  let counted = 0;
  while (reader.offset < chunk.byteLength - 1) {
    const header = parquetHeader(reader);
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
    mustHold(packed >= 0 && unpacked >= 0 && reader.offset + packed <= chunk.byteLength);
    bytes += unpacked;
    if (unpacked > MAX_PAGE_BYTES || bytes > MAX_CHUNK_BYTES) throw groupTooLarge(file);
    counted += (header.data_page_header ?? header.data_page_header_v2)?.num_values ?? 0;
    const inDictionary = header.dictionary_page_header?.num_values ?? 0;
    mustHold(counted >= 0 && counted <= values && inDictionary >= 0 && inDictionary <= 8 * unpacked);
    const page = new Uint8Array(chunk, reader.offset, packed);
    const v2 = header.data_page_header_v2;
    const levels = v2 === undefined ? 0 : v2.repetition_levels_byte_length + v2.definition_levels_byte_length;
    mustHold(levels >= 0 && levels <= packed && levels <= unpacked);
    let content: Uint8Array = page.subarray(levels);
    if (column.codec !== 'UNCOMPRESSED' && v2?.is_compressed !== false) {
      content = decompress(column.codec, content, unpacked - levels);
      pages.set(reader.offset + levels, content);
    }
    mustHold(content.length === unpacked - levels);
    if (header.type !== 'DICTIONARY_PAGE')
      checkRuns(header, page.subarray(0, levels), content, column, path, file);
    reader.offset += packed;
  }
  return { pages, bytes };
}

/** Repetition levels, definition levels, then values; in pages of the second kind the levels stand apart. */
function checkRuns(
  header: PageHeader,
  levels: Uint8Array,
  content: Uint8Array,
  column: ColumnMetaData,
  path: SchemaTree[],
  file: string,
): void {
  const v2 = header.data_page_header_v2;
  const page = v2 ?? header.data_page_header;
  mustHold(page !== undefined);
  const count = page!.num_values;
  const maxima = { repetition: getMaxRepetitionLevel(path), definition: getMaxDefinitionLevel(path) };
  let at = 0;
  let nulls = v2?.num_nulls ?? 0;
  mustHold(nulls >= 0 && nulls <= count);
  if (v2 !== undefined) {
    const middle = v2.repetition_levels_byte_length;
    if (maxima.repetition > 0) walkRuns(levels.subarray(0, middle), bitWidth(maxima.repetition), count);
    if (maxima.definition > 0) walkRuns(levels.subarray(middle), bitWidth(maxima.definition), count);
  } else {
    for (const kind of ['repetition', 'definition'] as const) {
      if (maxima[kind] === 0) continue;
      const end = at + 4 + viewOf(content).getUint32(at, true);
      walkRuns(content.subarray(at + 4, end), bitWidth(maxima[kind]), count);
      if (kind === 'definition' && page!.encoding === 'DELTA_BYTE_ARRAY') {
        const found = new Array<number>(count);
        readRleBitPackedHybrid({ view: viewOf(content), offset: at }, bitWidth(maxima.definition), found);
        nulls = found.filter((level) => level < maxima.definition).length;
      }
      at = end;
    }
  }
  const body = content.subarray(at);
  const { encoding } = page!;
  if (encoding === 'RLE' || (encoding.endsWith('_DICTIONARY') && column.type === 'BOOLEAN')) {
    walkRuns(body.subarray(4), 1, count);
  } else if (encoding.endsWith('_DICTIONARY') && body.length > 0) walkRuns(body.subarray(1), body[0]!, count);
  else if (encoding === 'DELTA_BYTE_ARRAY') checkPrefixes(body, count - nulls, file);
}

/** A run says how many values it has; none may have more than are left. */
function walkRuns(runs: Uint8Array, width: number, count: number): void {
  mustHold(width <= 32);
  for (let at = 0, seen = 0; at < runs.length && seen < count; ) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = runs[at++];
      mustHold(byte !== undefined && shift <= 28);
      header += (byte! & 127) * 2 ** shift;
      if (byte! < 128) break;
    }
    const repeats = Math.floor(header / 2);
    const length = header % 2 === 1 ? 8 * repeats : repeats;
    mustHold(length <= count - seen + RUN_SLACK);
    seen += length;
    at += header % 2 === 1 ? repeats * width : (width + 7) >> 3;
  }
}

/** Each text may begin as the one before it does: together they may be far longer than the page. */
function checkPrefixes(body: Uint8Array, count: number, file: string): void {
  mustHold(count >= 0);
  const reader = { view: viewOf(body), offset: 0 };
  const prefixes = new Int32Array(count);
  const suffixes = new Int32Array(count);
  if (count === 0) return;
  deltaBinaryUnpack(reader, count, prefixes);
  deltaBinaryUnpack(reader, count, suffixes);
  let total = 0;
  for (let at = 0, before = 0; at < count; at++) {
    const prefix = prefixes[at]!;
    mustHold(prefix >= 0 && prefix <= before && suffixes[at]! >= 0);
    before = prefix + suffixes[at]!;
    total += before;
    if (total > MAX_CHUNK_BYTES) throw groupTooLarge(file);
  }
}

function bitWidth(most: number): number {
  return 32 - Math.clz32(most);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function mustHold(holds: boolean): void {
  if (!holds) throw new Error('page');
}

export function groupTooLarge(file: string): RunScoringError {
  return tooLarge(file, 'A row group is too large.', 'Write the file with smaller row groups.');
}
