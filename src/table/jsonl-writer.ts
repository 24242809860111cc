import type { RiskyCells } from './csv-writer.js';
import type { TableWriter, TableWriterOptions, WrittenRow } from './written-table.js';

const ROWS_PER_WRITE = 500;
/** The columns of this tool that hold numbers. */
const NUMERIC = /^ai_.*_confidence$|^ensemble_margin$/;

/**
 * Writes one JSON object a line. An object of the input stays as it is, to the byte, with the new keys behind its own; cells of
 * other tables are strings. New cells that hold nothing are null.
 */
export class JsonlWriter implements TableWriter {
  readonly risky: RiskyCells = { input: 0, output: 0 };
  readonly #options: TableWriterOptions;
  #header: readonly string[] = [];
  #lines: string[] = [];

  constructor(options: TableWriterOptions) {
    this.#options = options;
  }

  async writeHeader(names: readonly string[]): Promise<void> {
    this.#header = names;
  }

  async writeRow({ cells, source }: WrittenRow): Promise<void> {
    const { firstOutput } = this.#options;
    const old = source === undefined ? this.#members(cells, 0, firstOutput) : source.slice(1, -1).trim();
    const added = this.#members(cells, firstOutput, cells.length);
    this.#lines.push(`{${[old, added].filter((part) => part !== '').join(',')}}\n`);
    if (this.#lines.length >= ROWS_PER_WRITE) await this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
  }

  #members(cells: readonly string[], from: number, to: number): string {
    const members: string[] = [];
    for (let at = from; at < to; at++) {
      const name = this.#header[at]!;
      const cell = cells[at]!;
      const isNew = at >= this.#options.firstOutput;
      const value = isNew && cell === '' ? null : isNew && NUMERIC.test(name) ? Number(cell) : cell;
      members.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`);
    }
    return members.join(',');
  }

  async #flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    const text = this.#lines.join('');
    this.#lines = [];
    await this.#options.write(Buffer.from(text, 'utf8'));
  }
}

/** The object's text without some of its keys: values stay equal, their text may change. */
export function withoutKeys(source: string, keys: readonly string[]): string {
  const object = JSON.parse(source) as Record<string, unknown>;
  if (!keys.some((key) => Object.hasOwn(object, key))) return source;
  return JSON.stringify(Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key))));
}
