import { jsonOfValue } from './cell-value.js';
import type { RiskyCells } from './csv-writer.js';
import { contentWithout } from './json-line.js';
import {
  inputValues,
  outputValue,
  type TableWriter,
  type TableWriterOptions,
  type WrittenRow,
} from './written-table.js';

const ROWS_PER_WRITE = 500;

/**
 * Writes one JSON object a line. An object of the input stays as it is, to the byte, with the new keys behind its own; numbers and
 * booleans of tables that know them stay such, the rest are strings. New cells that hold nothing are null.
 */
export class JsonlWriter implements TableWriter {
  readonly risky: RiskyCells = { input: 0, output: 0 };
  readonly #options: TableWriterOptions;
  readonly #table: readonly string[];
  /** Keys to take out of an object of the input; null where its keys are not kept in their order. */
  readonly #dropped: ReadonlySet<string> | null;
  #header: readonly string[] = [];
  #lines: string[] = [];

  /** @param table the names of the input's columns */
  constructor(table: readonly string[], options: TableWriterOptions) {
    this.#table = table;
    this.#options = options;
    const { columns } = options;
    const isOrdered =
      columns?.every((at, index) => at >= 0 && (index === 0 || at > columns[index - 1]!)) ?? true;
    this.#dropped = isOrdered ? new Set(table.filter((_, at) => columns?.includes(at) === false)) : null;
  }

  async writeHeader(names: readonly string[]): Promise<void> {
    this.#header = names;
  }

  async writeRow(row: WrittenRow): Promise<void> {
    const { firstOutput, numbers } = this.#options;
    const source = row.from?.source;
    const members: string[] = [];
    if (source !== undefined && this.#dropped !== null) {
      const own = contentWithout(source, this.#dropped);
      if (own !== '') members.push(own);
    } else {
      for (const [at, value] of inputValues(row, this.#table, this.#options).entries()) {
        members.push(`${JSON.stringify(this.#header[at])}:${jsonOfValue(value)}`);
      }
    }
    for (let at = firstOutput; at < row.cells.length; at++) {
      const name = this.#header[at]!;
      members.push(`${JSON.stringify(name)}:${jsonOfValue(outputValue(row.cells[at]!, numbers.has(name)))}`);
    }
    this.#lines.push(`{${members.join(',')}}\n`);
    if (this.#lines.length >= ROWS_PER_WRITE) await this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
  }

  async #flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    const text = this.#lines.join('');
    this.#lines = [];
    await this.#options.write(Buffer.from(text, 'utf8'));
  }
}
