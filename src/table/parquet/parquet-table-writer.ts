import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { RunScoringError } from '../../foundation/errors.js';
import type { RiskyCells } from '../csv-writer.js';
import {
  inputValues,
  outputValue,
  type TableWriter,
  type TableWriterOptions,
  type WrittenRow,
} from '../written-table.js';
import { NUMBER_COLUMN, TEXT_COLUMN, type WrittenColumn } from './infer-columns.js';
import { type ParquetColumn, storedSchema, writableValue, writtenElements } from './parquet-schema.js';

/** A row group is in memory until it is written. */
const ROWS_PER_GROUP = 50_000;
const BYTES_PER_GROUP = 64 * 1024 ** 2;

export interface ParquetWriterOptions extends TableWriterOptions {
  /** For error messages. */
  readonly file: string;
}

/**
 * Writes Parquet (Snappy), row group by row group. Columns of a Parquet input keep their types and their values as they are stored;
 * those of other inputs have the types that were found. New columns are texts and doubles; where nothing is said they hold null.
 */
export class ParquetTableWriter implements TableWriter {
  /** Nothing is changed: a text of Parquet is not run. */
  readonly risky: RiskyCells = { input: 0, output: 0 };
  readonly #table: readonly string[];
  readonly #columns: readonly (ParquetColumn | WrittenColumn)[];
  readonly #options: ParquetWriterOptions;
  readonly #bytes = new ByteWriter();
  #parquet: ParquetWriter | undefined;
  #schema: SchemaElement[] = [];
  #header: readonly string[] = [];
  #group: unknown[][] = [];
  #row = 0;
  #held = 0;

  /**
   * @param table the names of the input's columns
   * @param columns of the input, as many as `table`
   */
  constructor(
    table: readonly string[],
    columns: readonly (ParquetColumn | WrittenColumn)[],
    options: ParquetWriterOptions,
  ) {
    this.#table = table;
    this.#columns = columns;
    this.#options = options;
  }

  async writeHeader(names: readonly string[]): Promise<void> {
    this.#header = names;
    this.#schema = [
      { name: 'schema', num_children: names.length },
      ...names.flatMap((name, at): SchemaElement[] => {
        const column = this.#columnOf(at);
        if ('tree' in column) return writtenElements(column.tree);
        return [{ ...column.element, name, repetition_type: 'OPTIONAL' }];
      }),
    ];
    this.#parquet = new ParquetWriter({
      writer: this.#bytes,
      // Values come as they are stored; what they mean is added to the schema at the end.
      schema: storedSchema(this.#schema, 'marked'),
      // Least and greatest values depend on the meaning; readers do without them.
      statistics: false,
      createdBy: 'wfa-profile-analyzer',
    });
    this.#group = names.map(() => []);
  }

  async writeRow(row: WrittenRow): Promise<void> {
    const { numbers } = this.#options;
    const values = inputValues(row, this.#table, this.#options);
    for (const [at, name] of this.#header.entries()) {
      const column = this.#columnOf(at);
      this.#group[at]!.push(
        'tree' in column
          ? this.#stored(row, column, at)
          : this.#store(
              column,
              at < values.length ? values[at]! : outputValue(row.cells[at]!, numbers.has(name)),
            ),
      );
      this.#held += row.cells[at]!.length;
    }
    this.#row += 1;
    if (this.#group[0]!.length >= ROWS_PER_GROUP || this.#held >= BYTES_PER_GROUP) await this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
    const parquet = this.#parquet!;
    parquet.schema = this.#schema;
    await parquet.finish();
    await this.#hand();
  }

  /** A column of the input, or a new one. */
  #columnOf(at: number): ParquetColumn | WrittenColumn {
    const { firstOutput, columns, numbers } = this.#options;
    const position = at >= firstOutput ? -1 : columns === undefined ? at : columns[at]!;
    if (position >= 0) return this.#columns[position]!;
    return numbers.has(this.#header[at]!) ? NUMBER_COLUMN : TEXT_COLUMN;
  }

  #stored({ from }: WrittenRow, column: ParquetColumn, at: number): unknown {
    const position = this.#options.columns?.[at] ?? at;
    try {
      return writableValue(from!.stored![position], column.tree);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RunScoringError(
        'OUTPUT_VALUE',
        'A timestamp of the deprecated type INT96 is finer than a microsecond.',
        {
          at: { file: this.#options.file, row: this.#row + 1, field: column.name },
          hint: 'Write CSV, or leave the column out.',
        },
      );
    }
  }

  #store(column: WrittenColumn, value: ReturnType<typeof outputValue>): unknown {
    return value === null ? null : column.store(value);
  }

  async #flush(): Promise<void> {
    const rows = this.#group[0]?.length ?? 0;
    if (rows === 0) return;
    const columnData = this.#header.map((name, at) => ({ name, data: this.#group[at]! }));
    this.#group = this.#header.map(() => []);
    this.#held = 0;
    await this.#parquet!.write({ columnData, rowGroupSize: rows });
    await this.#hand();
  }

  /** Hands on what was encoded and begins the buffer anew; places in the file go on counting. */
  async #hand(): Promise<void> {
    const bytes = Buffer.from(this.#bytes.getBytes());
    this.#bytes.index = 0;
    if (bytes.length > 0) await this.#options.write(bytes);
  }
}
