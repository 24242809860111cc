import { RunScoringError } from '../../foundation/errors.js';
import type { CellValue } from '../cell-value.js';
import { DATE_FORMAT, DATETIME_FORMAT, DAYS_TO_1904, serialOf, shownNumber } from './spreadsheet-dates.js';
import type { StringArena } from './string-arena.js';
import { TextGathering, unescapeText, type Workbook } from './workbook.js';
import { readXml } from './xml-reader.js';

export const MAX_SHEET_ROWS = 1_048_576;
export const MAX_SHEET_COLUMNS = 16_384;

/** A row that holds something. */
export interface SheetRow {
  /** 1-based number in the sheet. */
  readonly number: number;
  /** By column from A on, up to the last cell that holds something. */
  readonly values: readonly CellValue[];
  /** 0-based columns of formulas without a computed value. */
  readonly uncomputed: readonly number[];
}

/**
 * The rows of a sheet in their order, in bounded memory. Formulas count as what was computed for them when the workbook was
 * saved. Merged cells: the value stands in the first one.
 * @throws RunScoringError INPUT_DAMAGED
 */
export async function* sheetRows(
  part: AsyncIterable<Uint8Array>,
  workbook: Workbook,
  texts: StringArena,
  file: string,
): AsyncGenerator<SheetRow, void, undefined> {
  const parser = new SheetParser(workbook, texts, file);
  for await (const _ of readXml(part, parser, file)) yield* parser.take();
}

class SheetParser {
  readonly #workbook: Workbook;
  readonly #texts: StringArena;
  readonly #file: string;
  #rows: SheetRow[] = [];
  #number = 0;
  #values: CellValue[] = [];
  #uncomputed: number[] = [];
  #column = -1;
  #type = '';
  #style = 0;
  #hasFormula = false;
  #value: string | undefined;
  #inValue = false;
  #inInline = false;
  readonly #inline = new TextGathering();

  constructor(workbook: Workbook, texts: StringArena, file: string) {
    this.#workbook = workbook;
    this.#texts = texts;
    this.#file = file;
  }

  take(): SheetRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  open(name: string, attributes: ReadonlyMap<string, string>): void {
    if (name === 'row') this.#openRow(attributes.get('r'));
    else if (name === 'c') this.#openCell(attributes);
    else if (name === 'v') {
      this.#inValue = true;
      this.#value = '';
    } else if (name === 'f') this.#hasFormula = true;
    else if (name === 'is') {
      this.#inInline = true;
      this.#inline.take();
    } else if (this.#inInline) this.#inline.open(name);
  }

  text(text: string): void {
    if (this.#inValue) this.#value += text;
    else if (this.#inInline) this.#inline.text(text);
  }

  close(name: string): void {
    if (name === 'v') this.#inValue = false;
    else if (name === 'is') this.#inInline = false;
    else if (name === 'c') this.#closeCell();
    else if (name === 'row') this.#closeRow();
    else if (this.#inInline) this.#inline.close(name);
  }

  #openRow(given: string | undefined): void {
    const number = given === undefined ? this.#number + 1 : Number(given);
    if (!(Number.isInteger(number) && number > this.#number && number <= MAX_SHEET_ROWS)) this.#fail();
    this.#number = number;
    this.#values = [];
    this.#uncomputed = [];
    this.#column = -1;
  }

  #openCell(attributes: ReadonlyMap<string, string>): void {
    const reference = attributes.get('r');
    const column = reference === undefined ? this.#column + 1 : columnOf(reference);
    if (!(column > this.#column && column < MAX_SHEET_COLUMNS)) this.#fail();
    this.#column = column;
    this.#type = attributes.get('t') ?? 'n';
    this.#style = Number(attributes.get('s') ?? 0);
    this.#hasFormula = false;
    this.#value = undefined;
  }

  #closeCell(): void {
    const value = this.#type === 'inlineStr' ? this.#inline.take() : this.#valueOf(this.#value);
    // Some writers leave an empty value where nothing was computed; only a formula of texts can have an empty result.
    const isComputed = this.#type === 'str' ? this.#value !== undefined : (this.#value ?? '').trim() !== '';
    if (this.#hasFormula && !isComputed) this.#uncomputed.push(this.#column);
    if (value === null || value === '') return;
    while (this.#values.length < this.#column) this.#values.push(null);
    this.#values.push(value);
  }

  #closeRow(): void {
    if (this.#values.length === 0 && this.#uncomputed.length === 0) return;
    this.#rows.push({ number: this.#number, values: this.#values, uncomputed: this.#uncomputed });
  }

  #valueOf(text: string | undefined): CellValue {
    if (text === undefined) return null;
    switch (this.#type) {
      case 's':
        // A cell that names no text at all is empty, as other readers have it.
        if (text.trim() === '') return null;
        return this.#texts.get(/^\d+$/.test(text) ? Number(text) : -1) ?? this.#fail();
      case 'str':
        return unescapeText(text);
      case 'b':
        return text === '1' || text === 'true';
      case 'e':
        return { kind: 'error', text: unescapeText(text) };
      case 'd':
        return this.#moment(text);
      case 'n':
        return text.trim() === '' ? null : this.#shown(Number(text));
      default:
        return this.#fail();
    }
  }

  #shown(number: number): CellValue {
    if (!Number.isFinite(number)) this.#fail();
    const format = this.#workbook.formats[this.#style];
    if (format === undefined) return number;
    const days = this.#workbook.from1904 && format.moment?.days === true ? DAYS_TO_1904 : 0;
    return shownNumber(number + days, format.code, format.moment);
  }

  /** A date that stands as ISO text, as some programs write it. */
  #moment(text: string): CellValue {
    const kind = text.includes('T') ? 'datetime' : 'date';
    const found = serialOf({ kind, text: text.replace(/Z$/, '') });
    if (found === undefined) return unescapeText(text);
    const format = kind === 'date' ? DATE_FORMAT : DATETIME_FORMAT;
    return shownNumber(found.serial, format, { days: true, hours: kind === 'datetime' });
  }

  #fail(): never {
    throw new RunScoringError('INPUT_DAMAGED', 'The sheet is damaged.', {
      at: { file: this.#file, line: Math.max(1, this.#number) },
      hint: 'Open the workbook in a spreadsheet program and save it anew.',
    });
  }
}

/** 0 for A; NaN for what is no reference. */
function columnOf(reference: string): number {
  const letters = /^([A-Z]{1,3})\d+$/.exec(reference)?.[1];
  if (letters === undefined) return Number.NaN;
  let column = 0;
  for (const letter of letters) column = 26 * column + letter.charCodeAt(0) - 64;
  return column - 1;
}

/** `A` for 0. */
export function columnName(column: number): string {
  let name = '';
  for (let rest = column + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
  }
  return name;
}
