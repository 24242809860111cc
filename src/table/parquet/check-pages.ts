import type { ColumnMetaData } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import type { RunScoringError } from '../../foundation/errors.js';
import { tooLarge } from '../damaged-file.js';

/** One page, unpacked. Writers aim at 1 MiB; a single text may be longer. */
const MAX_PAGE_BYTES = 256 * 1024 ** 2;
/** One column of a row group, unpacked. */
const MAX_CHUNK_BYTES = 1024 ** 3;

/**
 * Walks through the page headers of a column chunk before anything is unpacked: what they promise to hold is allocated at
 * once by the reader. Throws a plain Error for what makes no sense. Returns the bytes of the unpacked pages.
 * @param values most values that the chunk may have
 * @throws RunScoringError INPUT_TOO_LARGE
 */
export function checkPages(chunk: ArrayBuffer, column: ColumnMetaData, values: number, file: string): number {
  const reader = { view: new DataView(chunk), offset: 0 };
  let bytes = 0;
  let counted = 0;
  while (reader.offset < chunk.byteLength - 1) {
    const header = parquetHeader(reader);
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
    if (!(packed >= 0 && unpacked >= 0) || reader.offset + packed > chunk.byteLength)
      throw new Error('page size');
    if (column.codec === 'UNCOMPRESSED' && packed !== unpacked) throw new Error('page size');
    bytes += unpacked;
    if (unpacked > MAX_PAGE_BYTES || bytes > MAX_CHUNK_BYTES) {
      throw groupTooLarge(file);
    }
    const page = header.data_page_header ?? header.data_page_header_v2;
    counted += page?.num_values ?? 0;
    const inDictionary = header.dictionary_page_header?.num_values ?? 0;
    if (counted > values || counted < 0 || inDictionary < 0 || inDictionary > 8 * unpacked)
      throw new Error('page count');
    reader.offset += packed;
  }
  return bytes;
}

export function groupTooLarge(file: string): RunScoringError {
  return tooLarge(file, 'A row group is too large.', 'Write the file with smaller row groups.');
}
