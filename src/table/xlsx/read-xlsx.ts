// Why sheets are read and written by own code, over yauzl, yazl and saxes. Of 1,063 workbooks from the tests of XlsxWriter and
// calamine, this reader has the cells that openpyxl has in 1,052. 200,000 rows of 8 columns: 160 MB to read, 100 MB to write.
// - hucre 1.0.0 (1,023; 610 MB): Excel's line breaks stay CR LF, a chart sheet makes it refuse the workbook, and where the
//   part of the texts is missing they are empty. It writes `_x0041_` so that it reads as A, and takes 1.2 GB.
// - read-excel-file 9.3.17 (995): trims texts, drops errors, CDATA and number formats. write-excel-file 4.1.1: drops control
//   characters, has no error cells, and makes a workbook that openpyxl refuses of a text `__proto__`.
// - exceljs 4.4.0 (1,043; unmaintained; MUI's fork fails alike): drops a formula's FALSE, makes 2024 of an ISO date, leaves
//   `_x0001_` in inline texts; 2.8 GB to write. @cj-tech-master/excelts 5.1.17, the last for Node 20 (1,037): 3.0 GB.
// - @borgar/xlsx-convert 5.0.0 (1,046): 3.0 GB, and reads only. A dependency of newer ones could not be installed.
// - wasm-xlsxwriter 0.13.1: writes the time of day into the file, and takes up to 180 s. excel-builder-vanilla 5.2.5: makes
//   broken XML of control characters; 2.5 GB.

import { createHash } from 'node:crypto';
import { RunScoringError } from '../../foundation/errors.js';
import { type CellValue, textOfValue } from '../cell-value.js';
import { damagedFile } from '../damaged-file.js';
import { digestFile } from '../digest-file.js';
import type { FileSystem } from '../file-system.js';
import { findColumn } from '../header-map.js';
import { checkUnchanged, type OpenInput, openInput, unreadable } from '../open-input.js';
import type { CsvReadOptions } from '../read-csv.js';
import type { Table, TablePass, TableRow } from '../table.js';
import { columnName, type SheetRow, sheetRows } from './sheet-rows.js';
import { chooseSheet, readWorkbook, type SheetPart, type Workbook } from './workbook.js';
import { openZip, type ZipArchive } from './zip-archive.js';

export interface XlsxReadOptions extends CsvReadOptions {
  /** Default: the first one that is not hidden. */
  readonly sheet?: string | undefined;
}

interface Reading {
  readonly input: OpenInput;
  readonly zip: ZipArchive;
  readonly workbook: Workbook;
  readonly sheet: SheetPart;
  readonly keep: boolean;
}

/**
 * Opens a sheet of an XLSX workbook. Its first row that holds something is the header; rows that hold nothing are no rows.
 * Rows are read in bounded memory; the workbook's table of shared texts is held, outside of the heap, up to 512 MiB.
 * @throws RunScoringError INPUT_NOT_FOUND, INPUT_UNREADABLE, INPUT_EMPTY, INPUT_FORMAT, INPUT_DAMAGED, INPUT_TOO_LARGE,
 *   INPUT_SHEET_MISSING, INPUT_COLUMN_MISSING, INPUT_COLUMN_AMBIGUOUS
 */
export async function openXlsx(
  fileSystem: FileSystem,
  path: string,
  options: XlsxReadOptions = {},
): Promise<Table> {
  return openInput(fileSystem, path, options.name ?? path, async (input) => {
    const { name } = input;
    await refuseOtherFormats(input);
    try {
      const zip = await openZip(input);
      const workbook = await readWorkbook(zip, name);
      const sheet = chooseSheet(workbook, options.sheet, name);
      const reading = { input, zip, workbook, sheet, keep: options.onBadRow === 'keep' };
      return await openSheet(reading, options);
    } catch (error) {
      throw damagedFile(error, name, 'XLSX workbook');
    }
  });
}

async function openSheet(reading: Reading, options: XlsxReadOptions): Promise<Table> {
  const { input, zip, workbook, sheet } = reading;
  const { name } = input;
  const first = await firstRow(reading, sheet);
  if (first === undefined) {
    throw new RunScoringError('INPUT_EMPTY', 'The sheet is empty.', {
      at: { file: name },
      hint: 'It needs at least a row of column names.',
    });
  }
  const header = first.values.map(textOfValue);
  return {
    format: 'xlsx',
    header,
    column: options.column === undefined ? -1 : findColumn(header, options.column, name, first.number),
    dialect: { delimiter: ',', quote: '"', escape: '"' },
    encoding: 'utf-8',
    marked: false,
    lineBreak: '\n',
    sheet: {
      name: sheet.name,
      named: options.sheet !== undefined,
      others: async () => {
        const found: string[] = [];
        for (const other of workbook.sheets) {
          if (other !== sheet && zip.has(other.path) && (await firstRow(reading, other)) !== undefined) {
            found.push(other.name);
          }
        }
        return found;
      },
    },
    rows: (pass = {}) => readRows(reading, header, first.number, pass),
    digest: async () => {
      try {
        const file = await digestFile(input.file);
        return createHash('sha256').update(`${file}#${sheet.name}`).digest('hex');
      } catch (error) {
        throw unreadable(error, name);
      }
    },
    identity: input.facts.identity,
    close: () => input.file.close(),
  };
}

async function* openRows({ input, zip, workbook }: Reading, sheet: SheetPart) {
  try {
    const texts = await workbook.sharedTexts();
    yield* sheetRows(zip.read(sheet.path), workbook, texts, input.name);
  } catch (error) {
    throw damagedFile(error, input.name, 'XLSX workbook');
  }
}

async function firstRow(reading: Reading, sheet: SheetPart): Promise<SheetRow | undefined> {
  for await (const row of openRows(reading, sheet)) return row;
  return undefined;
}

async function* readRows(
  reading: Reading,
  header: readonly string[],
  headerNumber: number,
  pass: TablePass,
): AsyncGenerator<TableRow, void, undefined> {
  const { input, sheet, keep } = reading;
  const limit = pass.limit ?? Number.POSITIVE_INFINITY;
  let row = 0;
  await checkUnchanged(input);
  if (limit > 0) {
    for await (const found of openRows(reading, sheet)) {
      if (found.number <= headerNumber) continue;
      const bad = faultOf(found, header, input.name, row);
      if (bad !== undefined && !keep) throw bad.error;
      const values: CellValue[] = [...found.values];
      while (values.length < header.length) values.push(null);
      const cells = values.map(textOfValue);
      const base = { row, line: found.number, cells, fault: bad?.fault ?? null };
      yield values.length > header.length ? base : { ...base, values };
      row += 1;
      // Not even a fault behind the last row that is wanted is looked for.
      if (row >= limit) break;
    }
  }
  await checkUnchanged(input);
}

function faultOf(found: SheetRow, header: readonly string[], file: string, row: number) {
  const at = { file, line: found.number, row: row + 1 };
  const keepHint = '--on-bad-row keep marks such rows as failed and goes on.';
  const [uncomputed] = found.uncomputed;
  if (uncomputed !== undefined) {
    const field = header[uncomputed] ?? columnName(uncomputed);
    const error = new RunScoringError('INPUT_ROW_FORMULA', 'The formula has no computed value.', {
      at: { ...at, field },
      hint: `Open the workbook in a spreadsheet program and save it. ${keepHint}`,
    });
    return { fault: 'formula' as const, error };
  }
  if (found.values.length <= header.length) return undefined;
  const last = columnName(found.values.length - 1);
  const error = new RunScoringError(
    'INPUT_ROW_CELLS',
    `The row has a cell in column ${last}, which has no name.`,
    {
      at,
      hint: `Name the columns in the first row. ${keepHint}`,
    },
  );
  return { fault: 'too_many' as const, error };
}

/** @throws RunScoringError INPUT_EMPTY, INPUT_FORMAT */
async function refuseOtherFormats({ file, facts, name }: OpenInput): Promise<void> {
  if (facts.size === 0)
    throw new RunScoringError('INPUT_EMPTY', 'The file is empty.', { at: { file: name } });
  const front = Buffer.alloc(4);
  await file.read(front, 0);
  if (front.readUInt32BE(0) !== 0xd0cf11e0) return;
  throw new RunScoringError(
    'INPUT_FORMAT',
    'The workbook is locked with a password, or in the old .xls format.',
    {
      at: { file: name },
      hint: 'Save it as XLSX without a password.',
    },
  );
}
