/** Which cells are made harmless: none, those the models wrote, or all. */
export const FORMULA_GUARDS = ['none', 'outputs', 'all'] as const;
export type FormulaGuard = (typeof FORMULA_GUARDS)[number];

/** Which cells of a row are outputs, by their position. */
export interface OutputCells {
  /** Cells from this position on are new, those before it were read. */
  readonly firstOutput: number;
  /** Positions before it whose cells models, or earlier commands, wrote. Default: none. */
  readonly said?: ReadonlySet<number> | undefined;
}

export function isOutputCell({ firstOutput, said }: OutputCells, at: number): boolean {
  return at >= firstOutput || said?.has(at) === true;
}

/**
 * A spreadsheet runs a cell that begins with one of these: = + - @, their full-width forms (folded to the plain ones
 * under East Asian settings), or a tab or line break, which are skipped before a formula. A plain number, such as -3, is none.
 */
const FORMULA_START = /^[=+\-@\t\r\n＝＋－＠]/;
const PLAIN_NUMBER = /^[+-]?\d+(?:[.,]\d+)?$/;

export function isRiskyCell(cell: string): boolean {
  return FORMULA_START.test(cell) && !PLAIN_NUMBER.test(cell);
}

/** An apostrophe in front makes spreadsheets take the cell as text. */
export function guardCell(cell: string): string {
  return isRiskyCell(cell) ? `'${cell}` : cell;
}
