import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import yazl from 'yazl';
import type { CellValue } from '../cell-value.js';
import type { RiskyCells } from '../csv-writer.js';
import { isOutputCell, isRiskyCell } from '../formula-guard.js';
import { cellTooLong, SHEET_LIMITS, tooManyRows } from '../sheet-limits.js';
import {
  inputValues,
  outputValue,
  type TableWriter,
  type TableWriterOptions,
  type WrittenRow,
} from '../written-table.js';
import { columnName } from './sheet-rows.js';
import { serialOf } from './spreadsheet-dates.js';
import {
  escapeXml,
  FormatStyles,
  GUARDED_STYLE,
  HEADER_STYLE,
  PLAIN_STYLE,
  partsAround,
  SHEET_END,
  SHEET_PART,
  SHEET_START,
} from './workbook-parts.js';

/** The same table gives the same bytes, whenever it is written. */
const ENTRY = { mtime: new Date(1980, 0, 1), mode: 0o100644, forceDosTimestamp: true };
const ROWS_PER_WRITE = 200;

export interface XlsxWriterOptions extends TableWriterOptions {
  /** For error messages. */
  readonly file: string;
  readonly sheet: string;
}

/**
 * Writes a workbook of one sheet, row by row. Numbers, booleans, dates and errors stay such, with their formats; a text is always
 * a text, whatever it looks like, so no spreadsheet runs it. Cells that the guard covers are also kept from becoming
 * formulas when a person edits them.
 */
export class XlsxWriter implements TableWriter {
  /** Nothing is changed: texts of a sheet are not run. */
  readonly risky: RiskyCells = { input: 0, output: 0 };
  readonly #table: readonly string[];
  readonly #options: XlsxWriterOptions;
  readonly #zip = new yazl.ZipFile();
  readonly #sheet = new PassThrough();
  readonly #styles = new FormatStyles();
  readonly #written: Promise<void>;
  #header: readonly string[] = [];
  #columns: string[] = [];
  #number = 1;
  #rows: string[] = [];

  /** @param table the names of the input's columns */
  constructor(table: readonly string[], options: XlsxWriterOptions) {
    this.#table = table;
    this.#options = options;
    for (const [name, part] of partsAround(options.sheet))
      this.#zip.addBuffer(Buffer.from(part), name, ENTRY);
    this.#zip.addReadStream(this.#sheet, SHEET_PART, ENTRY);
    this.#written = this.#pump();
    // Told by whichever call waits for it.
    this.#written.catch(() => {});
  }

  async writeHeader(names: readonly string[]): Promise<void> {
    this.#header = names;
    this.#columns = names.map((_, at) => columnName(at));
    const cells = names.map((name, at) => this.#textCell(at, name, HEADER_STYLE));
    this.#rows.push(`${SHEET_START}<row r="1">${cells.join('')}</row>`);
  }

  async writeRow(row: WrittenRow): Promise<void> {
    if (this.#number > SHEET_LIMITS.rows) throw tooManyRows(this.#options.file);
    this.#number += 1;
    const { firstOutput, numbers } = this.#options;
    const values = inputValues(row, this.#table, this.#options);
    for (let at = firstOutput; at < row.cells.length; at++) {
      values.push(outputValue(row.cells[at]!, numbers.has(this.#header[at]!)));
    }
    const cells = values.map((value, at) => this.#cell(at, value));
    this.#rows.push(`<row r="${this.#number}">${cells.join('')}</row>`);
    if (this.#rows.length >= ROWS_PER_WRITE) await this.#flush();
  }

  async end(): Promise<void> {
    this.#rows.push(SHEET_END);
    await this.#flush();
    this.#sheet.end();
    this.#zip.addBuffer(Buffer.from(this.#styles.part()), 'xl/styles.xml', ENTRY);
    this.#zip.end();
    await this.#written;
  }

  #cell(at: number, value: CellValue): string {
    if (value === null || value === '') return '';
    if (typeof value === 'string') return this.#textCell(at, value);
    if (typeof value === 'boolean') return this.#plainCell(at, value ? '1' : '0', 'b');
    if (typeof value === 'number') return this.#numberCell(at, value);
    if (typeof value === 'bigint') {
      const isExact = Number.isSafeInteger(Number(value));
      return isExact ? this.#plainCell(at, String(value)) : this.#textCell(at, String(value));
    }
    if (value.kind === 'error') return this.#plainCell(at, escapeXml(value.text), 'e');
    if (value.kind === 'decimal') return this.#decimalCell(at, value.text);
    if (value.kind === 'json') return this.#textCell(at, value.text);
    const shown =
      value.serial === undefined
        ? serialOf(value)
        : { serial: value.serial, format: value.format ?? 'General' };
    if (shown === undefined) return this.#textCell(at, value.text);
    return this.#plainCell(at, String(shown.serial), 'n', this.#styles.styleOf(shown.format));
  }

  #numberCell(at: number, value: number): string {
    // A sheet holds no infinity.
    return Number.isFinite(value) ? this.#plainCell(at, String(value)) : this.#textCell(at, String(value));
  }

  /** A number where a double holds all digits, shown with as many decimals; else text. */
  #decimalCell(at: number, text: string): string {
    const digits = text.replace(/^-?0*\.?0*|\./g, '').length;
    // JSON Lines may hold one with an exponent, such as 1e400.
    if (digits > 15 || /e/i.test(text)) return this.#textCell(at, text);
    const decimals = text.includes('.') ? text.length - text.indexOf('.') - 1 : 0;
    const format = decimals === 0 ? '0' : `0.${'0'.repeat(decimals)}`;
    return this.#plainCell(at, String(Number(text)), 'n', this.#styles.styleOf(format));
  }

  #plainCell(at: number, content: string, type = 'n', style = PLAIN_STYLE): string {
    const typed = type === 'n' ? '' : ` t="${type}"`;
    const styled = style === PLAIN_STYLE ? '' : ` s="${style}"`;
    return `<c r="${this.#columns[at]}${this.#number}"${styled}${typed}><v>${content}</v></c>`;
  }

  #textCell(at: number, text: string, style = this.#textStyle(at, text)): string {
    if (text.length > SHEET_LIMITS.characters) {
      throw cellTooLong(this.#options.file, this.#number - 2, this.#header[at]!);
    }
    const styled = style === PLAIN_STYLE ? '' : ` s="${style}"`;
    const content = `<is><t xml:space="preserve">${escapeXml(text)}</t></is>`;
    return `<c r="${this.#columns[at]}${this.#number}"${styled} t="inlineStr">${content}</c>`;
  }

  #textStyle(at: number, text: string): number {
    const { guard } = this.#options;
    const isCovered = guard === 'all' || (guard === 'outputs' && isOutputCell(this.#options, at));
    return isCovered && isRiskyCell(text) ? GUARDED_STYLE : PLAIN_STYLE;
  }

  async #flush(): Promise<void> {
    const text = this.#rows.join('');
    this.#rows = [];
    if (this.#sheet.write(Buffer.from(text))) return;
    // A write that failed would never drain.
    await Promise.race([once(this.#sheet, 'drain'), this.#written]);
  }

  async #pump(): Promise<void> {
    for await (const chunk of this.#zip.outputStream) await this.#options.write(chunk as Buffer);
  }
}
