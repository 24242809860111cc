import type { Config } from '../config/schema.js';
import type { FileSystem } from '../table/file-system.js';
import { type OutputTarget, resolveOutput } from '../table/output-target.js';
import type { Table } from '../table/table.js';
import { checkOutputFormat } from '../table/table-writer.js';
import { addedColumnNames } from './added-columns.js';
import type { CsvRunOptions } from './csv-run-options.js';
import { refuseTakenColumns, resultColumns } from './result-columns.js';

/** What decides about an output before a row is scored. Without `outputPath` only its columns are looked at. */
export type PlannedOutput = Pick<CsvRunOptions, 'inputPath' | 'parseOutputs' | 'ensemble' | 'configHash'> & {
  readonly outputPath: string | undefined;
};

/**
 * Finds out whether the output can have its columns, its format and its place. Writes nothing.
 * @returns undefined for stdout
 * @throws RunScoringError OUTPUT_…
 */
export async function planOutput(
  fileSystem: FileSystem,
  config: Config,
  table: Table,
  options: PlannedOutput,
): Promise<OutputTarget | undefined> {
  const { inputPath, outputPath, parseOutputs: parse = true } = options;
  const added = config.getEnabledModels().flatMap((entry) => resultColumns(config, entry.name, parse));
  const names = [...added, ...(parse ? addedColumnNames(options) : [])];
  refuseTakenColumns(table.header, names, inputPath);
  if (outputPath === undefined) return undefined;
  await checkOutputFormat(outputPath, table, [...table.header, ...names]);
  return outputPath === '-' ? undefined : resolveOutput(fileSystem, outputPath, table.identity);
}
