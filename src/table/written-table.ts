import type { RiskyCells } from './csv-writer.js';
import type { FormulaGuard } from './formula-guard.js';

/** A row to write: cells of the input's columns, then the new ones; and the JSON object that the former came from. */
export interface WrittenRow {
  readonly cells: readonly string[];
  readonly source?: string | undefined;
}

export interface TableWriter {
  /** Cells that a spreadsheet could run. */
  readonly risky: RiskyCells;
  writeHeader(names: readonly string[]): Promise<void>;
  writeRow(row: WrittenRow): Promise<void>;
  /** Writes what is left; the stream behind it stays open. */
  end(): Promise<void>;
}

export interface TableWriterOptions {
  readonly guard: FormulaGuard;
  /** Cells from this position on are outputs, those before it the input's own. */
  readonly firstOutput: number;
  /** Takes the bytes of many rows at a time. */
  readonly write: (bytes: Buffer) => Promise<void>;
}
