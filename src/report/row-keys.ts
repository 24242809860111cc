import { createHash } from 'node:crypto';
import { RunScoringError } from '../foundation/errors.js';

/**
 * Names rows so that answers find their way back: by a column of the user's, or by the content of the input's own cells.
 * A content key survives sorting and scoring anew; rows with equal cells are numbered in their order.
 */
export class RowKeys {
  readonly #column: number;
  readonly #cells: readonly number[];
  readonly #file: string;
  readonly #columnName: string | undefined;
  readonly #seen = new Map<string, number>();

  /**
   * @param column position of the key column; -1: by content
   * @param cells the columns whose content makes the key
   */
  constructor(column: number, cells: readonly number[], file: string, columnName?: string) {
    this.#column = column;
    this.#cells = cells;
    this.#file = file;
    this.#columnName = columnName;
  }

  /** @throws RunScoringError INPUT_KEY_EMPTY, INPUT_KEY_DUPLICATE */
  keyOf(row: { readonly row: number; readonly line: number; readonly cells: readonly string[] }): string {
    const number = row.row + 1;
    if (this.#column < 0) {
      const key = contentKey(this.#cells.map((at) => row.cells[at] ?? ''));
      const before = this.#seen.get(key) ?? 0;
      this.#seen.set(key, before + 1);
      return before === 0 ? key : `${key}-${before + 1}`;
    }
    const key = row.cells[this.#column]!.trim();
    const at = {
      file: this.#file,
      line: row.line,
      row: number,
      ...(this.#columnName === undefined ? {} : { field: this.#columnName }),
    };
    if (key === '') throw new RunScoringError('INPUT_KEY_EMPTY', 'The row has no key.', { at });
    const before = this.#seen.get(key);
    if (before !== undefined) {
      throw new RunScoringError('INPUT_KEY_DUPLICATE', `Row ${before} has the same key.`, {
        at,
        hint: 'Keys must be unique: take one of the rows out, or choose another column with --key.',
      });
    }
    this.#seen.set(key, number);
    return key;
  }
}

/** A letter in front keeps spreadsheets from reading the key as a number. */
function contentKey(cells: readonly string[]): string {
  return `r${createHash('sha256').update(JSON.stringify(cells)).digest('hex').slice(0, 12)}`;
}
