import type { CellValue } from './cell-value.js';
import type { CsvDialect } from './csv-dialect.js';
import type { ParquetColumn } from './parquet/parquet-schema.js';
import type { Encoding } from './text-encoding.js';

/** How a table stands in a file: cells in a dialect (CSV, TSV), one JSON object a line, a sheet of a workbook, Parquet; or rows in memory. */
export type TableFormat = 'csv' | 'jsonl' | 'xlsx' | 'parquet' | 'rows';

/**
 * `header_again`: the row repeats the header, as in files that were put together from several. `json`: the line is no
 * JSON object. `formula`: a cell's formula was never computed.
 */
export type RowFault = 'too_few' | 'too_many' | 'quote' | 'header_again' | 'json' | 'formula';

export interface TableRow {
  /** 0-based index of the data row. */
  readonly row: number;
  /** 1-based line of the file on which the row begins; the sheet's row; in Parquet the row itself. */
  readonly line: number;
  /** As read. Exactly as many as the header has, unless `fault` is set. */
  readonly cells: readonly string[];
  readonly fault: RowFault | null;
  /** JSONL: the object as it stands in the file. */
  readonly source?: string;
  /** XLSX, Parquet, rows in memory and damaged lines of JSONL: what the cells are, where they are as many as the header has. */
  readonly values?: readonly CellValue[];
  /** Parquet: the values as they are stored. Bytes in them are parts of a whole row group: copy what is to be kept. */
  readonly stored?: readonly unknown[];
}

/** The sheet of a workbook that is read as a table. */
export interface TableSheet {
  readonly name: string;
  /** The sheet was asked for by its name. */
  readonly named: boolean;
  /** Names of the other sheets that hold something. */
  others(): Promise<readonly string[]>;
}

export interface TablePass {
  /** Ends after so many rows. */
  readonly limit?: number | undefined;
}

/** A file whose columns are known. */
export interface Table {
  readonly format: TableFormat;
  readonly header: readonly string[];
  /** Position of the wanted column; -1 when none was asked for. */
  readonly column: number;
  /** What CSV made from this table looks like, unless its name says more. */
  readonly dialect: CsvDialect;
  readonly encoding: Encoding;
  /** The file begins with a byte order mark. */
  readonly marked: boolean;
  /** The line break after the header. */
  readonly lineBreak: '\n' | '\r\n' | '\r';
  /**
   * Reads the file from the front, on the same open file each time, in bounded memory.
   * A line that holds nothing is no row, unless the table has a single column.
   * @throws RunScoringError INPUT_ROW_CELLS, INPUT_ROW_JSON, INPUT_ROW_HEADER, INPUT_ROW_QUOTE, INPUT_ROW_FORMULA, INPUT_ROW_TOO_LONG,
   *   INPUT_ENCODING, INPUT_CHANGED, INPUT_DAMAGED, INPUT_TOO_LARGE
   */
  rows(pass?: TablePass): AsyncGenerator<TableRow, void, undefined>;
  /** SHA-256 of the whole file, and in a workbook of the sheet's name, in hexadecimal. */
  digest(): Promise<string>;
  /** XLSX only. */
  readonly sheet?: TableSheet;
  /** Parquet only: what the columns hold. */
  readonly columns?: readonly ParquetColumn[];
  /** Device and inode of the open file. */
  readonly identity: string;
  close(): Promise<void>;
}
