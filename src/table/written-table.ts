import type { CellValue } from './cell-value.js';
import type { RiskyCells } from './csv-writer.js';
import type { FormulaGuard, OutputCells } from './formula-guard.js';
import { membersOf, valueOfJsonText } from './json-line.js';
import type { TableRow } from './table.js';

/** A row to write: cells of the input's columns, then the new ones; and the row that the former came from. */
export interface WrittenRow {
  readonly cells: readonly string[];
  /** What the format of the input knew of the cells, so that it is not lost. */
  readonly from?: TableRow | undefined;
}

export interface TableWriter {
  /** Cells that a spreadsheet could run. */
  readonly risky: RiskyCells;
  writeHeader(names: readonly string[]): Promise<void>;
  writeRow(row: WrittenRow): Promise<void>;
  /** Writes what is left; the stream behind it stays open. */
  end(): Promise<void>;
}

export interface TableWriterOptions extends OutputCells {
  readonly guard: FormulaGuard;
  /** For each column before `firstOutput` its position in the input, -1 for none. Default: the input's columns as they are. */
  readonly columns?: readonly number[] | undefined;
  /** Names of the outputs that hold numbers; the others hold texts. */
  readonly numbers: ReadonlySet<string>;
  /** Takes the bytes of many rows at a time. */
  readonly write: (bytes: Buffer) => Promise<void>;
}

/** A new cell as a format with types keeps it; null where it holds nothing. */
export function outputValue(cell: string, isNumber: boolean): CellValue {
  if (cell === '') return null;
  return isNumber ? Number(cell) : cell;
}

/** The row's values by the input's columns. Texts are all that is known of CSV, and of a row that does not fit the header. */
export function valuesOfRow(row: TableRow, header: readonly string[]): readonly CellValue[] {
  return typedValues(row, header) ?? row.cells;
}

function typedValues(row: TableRow, header: readonly string[]): readonly CellValue[] | undefined {
  if (row.source === undefined) return row.values;
  const members = membersOf(row.source)!;
  return header.map((key) => valueOfJsonText(members.get(key)));
}

/** The values of the columns before `firstOutput`. A column that the input does not have holds text, or null for none. */
export function inputValues(
  row: WrittenRow,
  header: readonly string[],
  { columns, firstOutput }: Pick<TableWriterOptions, 'columns' | 'firstOutput'>,
): CellValue[] {
  const { cells, from } = row;
  const values = from === undefined ? undefined : typedValues(from, header);
  return Array.from({ length: firstOutput }, (_, at) => {
    const position = columns === undefined ? at : columns[at]!;
    if (position < 0) return cells[at] === '' ? null : cells[at]!;
    return values === undefined ? cells[at]! : values[position]!;
  });
}
