import { stringify } from 'csv-stringify/sync';
import type { CsvDialect } from './csv-dialect.js';
import {
  type FormulaGuard,
  guardCell,
  isOutputCell,
  isRiskyCell,
  type OutputCells,
} from './formula-guard.js';

export interface CsvWriterOptions extends OutputCells {
  readonly dialect: CsvDialect;
  readonly lineBreak: '\n' | '\r\n' | '\r';
  /** Begin with a UTF-8 byte order mark. */
  readonly marked: boolean;
  readonly guard: FormulaGuard;
  /** Takes the bytes of many rows at a time. */
  readonly write: (bytes: Buffer) => Promise<void>;
}

export interface RiskyCells {
  /** Cells of the input that a spreadsheet could run; changed only under the guard `all`. */
  input: number;
  /** Cells that the models wrote; changed unless the guard is `none`. */
  output: number;
}

const ROWS_PER_WRITE = 500;

/**
 * Besides delimiter, quote and the file's own line break, which csv-stringify minds: any other line break, and white
 * space or a byte order mark at the ends, which some readers take off.
 */
const NEEDS_QUOTES = /[\r\n\u2028\u2029]|^[\s\uFEFF]|\s$/;

/** Writes rows as UTF-8 CSV that every reader turns back into the same cells. */
export class CsvWriter {
  readonly risky: RiskyCells = { input: 0, output: 0 };
  readonly #options: CsvWriterOptions;
  #rows: string[][] = [];
  #first = true;

  constructor(options: CsvWriterOptions) {
    this.#options = options;
  }

  /** The header is written as it is, unless the guard is `all`. */
  async writeHeader(names: readonly string[]): Promise<void> {
    this.#rows.push(this.#options.guard === 'all' ? names.map(guardCell) : [...names]);
    await this.#flush();
  }

  async writeRow({ cells }: { readonly cells: readonly string[] }): Promise<void> {
    this.#rows.push(this.#guarded(cells));
    if (this.#rows.length >= ROWS_PER_WRITE) await this.#flush();
  }

  /** Writes what is left; the stream behind `write` stays open. */
  async end(): Promise<void> {
    await this.#flush();
  }

  #guarded(cells: readonly string[]): string[] {
    const { guard } = this.#options;
    return cells.map((cell, index) => {
      if (!isRiskyCell(cell)) return cell;
      const isOutput = isOutputCell(this.#options, index);
      this.risky[isOutput ? 'output' : 'input'] += 1;
      return guard === 'all' || (isOutput && guard === 'outputs') ? guardCell(cell) : cell;
    });
  }

  async #flush(): Promise<void> {
    if (this.#rows.length === 0) return;
    const { dialect, lineBreak, marked, write } = this.#options;
    const rows = this.#rows;
    this.#rows = [];
    const text = stringify(rows, {
      delimiter: dialect.delimiter,
      // What is written is always plain RFC 4180 quoting, whatever marks the input used.
      quote: '"',
      escape: '"',
      record_delimiter: lineBreak,
      quoted_match: NEEDS_QUOTES,
      // A row of one empty cell must not look like an empty line.
      quoted_empty: rows[0]!.length === 1,
      bom: marked && this.#first,
    });
    this.#first = false;
    await write(Buffer.from(text, 'utf8'));
  }
}
