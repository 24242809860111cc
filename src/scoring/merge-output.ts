import type { Config } from '../config/schema.js';
import { RunScoringError } from '../foundation/errors.js';
import { earlierOutputs } from '../report/results-header.js';
import type { RiskyCells } from '../table/csv-writer.js';
import type { FormulaGuard } from '../table/formula-guard.js';
import type { Table, TableRow } from '../table/table.js';
import { createTableWriter } from '../table/table-writer.js';
import type { AddedColumns } from './added-columns.js';
import type { RowRecord } from './record.js';
import { numericColumns, resultColumns, resultValues } from './result-columns.js';
import type { Tally } from './run-summary.js';
import { unaskedRecord, unaskedStatus } from './unasked-rows.js';

export interface MergedModel {
  readonly name: string;
  /** False: its columns stay empty. */
  readonly finished: boolean;
  readonly tally: Tally;
  /** Its records, ascending, one for each row that is neither empty nor damaged. */
  records(): AsyncGenerator<RowRecord, void, undefined>;
}

export interface Merge {
  readonly config: Config;
  readonly table: Table;
  readonly models: readonly MergedModel[];
  /** Name of the output, whose ending tells its format. */
  readonly outputPath: string;
  readonly limit: number | undefined;
  readonly parse: boolean;
  readonly guard: FormulaGuard;
  readonly write: (bytes: Buffer) => Promise<void>;
  readonly signal: AbortSignal | undefined;
  /** What stands behind the columns of the models, and how the columns are named. */
  readonly added?: { readonly names: readonly string[]; readonly columns: AddedColumns } | undefined;
}

/**
 * Writes the output: the input's columns, unchanged and in order, then those of each model, then added ones. Reads the table once more
 * and every journal beside it, row by row. Ends early when the signal aborts.
 */
export async function mergeOutput(merge: Merge): Promise<RiskyCells> {
  const { config, table, models, parse } = merge;
  const width = table.header.length;
  const columns = models.map((model) => resultColumns(config, model.name, parse));
  const writer = await createTableWriter(
    merge.outputPath,
    table,
    {
      guard: merge.guard,
      firstOutput: width,
      said: new Set(earlierOutputs(table.header, config.data.output_column)),
      numbers: numericColumns(models.map((model) => model.name)),
      write: merge.write,
    },
    merge.limit,
  );
  await writer.writeHeader([...table.header, ...columns.flat(), ...(merge.added?.names ?? [])]);
  const journals = models.map((model) => (model.finished ? model.records() : undefined));
  try {
    for await (const row of table.rows({ limit: merge.limit })) {
      if (merge.signal?.aborted === true) break;
      const unasked = unaskedStatus(row, table.column);
      const cells = fitCells(row, width, table.dialect.delimiter);
      for (const [index, model] of models.entries()) {
        const journal = journals[index];
        if (journal === undefined) {
          for (const _ of columns[index]!) cells.push('');
          continue;
        }
        const record =
          unasked === undefined ? await recordOf(journal, row.row) : unaskedRecord(row.row, unasked);
        model.tally.add(record);
        for (const value of resultValues(config, record, parse))
          cells.push(value === null ? '' : String(value));
      }
      if (merge.added !== undefined) {
        cells.push(...merge.added.columns.cellsOf(row.row, unasked !== 'empty_input'));
      }
      await writer.writeRow({ cells, from: row });
    }
    await writer.end();
  } finally {
    for (const journal of journals) await journal?.return();
  }
  return writer.risky;
}

async function recordOf(
  journal: AsyncGenerator<RowRecord, void, undefined>,
  row: number,
): Promise<RowRecord> {
  const next = await journal.next();
  if (next.done !== true && next.value.row === row) return next.value;
  throw new RunScoringError(
    'INTERNAL_JOURNAL',
    `The journal does not hold what it should for row ${row + 1}.`,
  );
}

/**
 * The cells of a row in the header's width. Only a damaged row ever differs: missing cells are empty, and cells too
 * many stand, with their delimiters, in the last one, so that nothing is lost.
 */
function fitCells(row: TableRow, width: number, delimiter: string): string[] {
  const { cells } = row;
  if (cells.length === width) return [...cells];
  if (cells.length < width) return [...cells, ...new Array<string>(width - cells.length).fill('')];
  return [...cells.slice(0, width - 1), cells.slice(width - 1).join(delimiter)];
}
