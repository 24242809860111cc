import type { Command } from 'commander';
import { ExitCode } from '../foundation/exit-codes.js';
import { type Comparison, compareRaters } from '../report/compare-raters.js';
import { renderComparison } from '../report/compare-text.js';
import { toJsonLine } from '../report/json-keys.js';
import { type Results, readResults } from '../report/read-results.js';
import { writeReport } from '../report/write-report.js';
import { refuseSharedFile } from './refuse-shared-file.js';
import { addReportOptions, readReportOptions } from './report-options.js';
import {
  addSamplingOptions,
  addTableOptions,
  readNumber,
  readSamplingOptions,
  readTableOptions,
} from './table-options.js';

export function configure(command: Command): void {
  command.argument('<results>', 'scored table (.csv, .tsv, .jsonl, .xlsx, .parquet); - reads CSV from stdin');
  addTableOptions(command);
  addReportOptions(addSamplingOptions(command))
    .option('--top <n>', 'list so many of the rows on which models differ', '10')
    .option('--with-ensemble', 'pair the models with the ensemble too')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Agreement needs no labels by people; it does not say who is right. Missing
labels are counted: agreement and Fleiss' kappa stand on the rows that every
model labelled, Cohen's kappa on those that both did, alpha on all that can be
paired.`,
    );
}

export async function run(raw: Record<string, unknown>, args: readonly string[]): Promise<ExitCode> {
  const top = readNumber(raw, 'top', 0, 100_000, true)!;
  const sampling = readSamplingOptions(raw);
  const path = args[0]!;
  const report = readReportOptions(raw);
  const table = await readTableOptions(raw, path);
  await refuseSharedFile('--report', report?.path, [path, table.config]);
  const compare = (results: Results) =>
    compareRaters(results, { ...sampling, top, withEnsemble: raw['withEnsemble'] === true });
  let comparison: Comparison | undefined;
  const results = await readResults({
    ...table,
    // Agreement does not need them; the report shows them where it can.
    badLabels: 'leave',
    whileOpen: async (read, source, header) => {
      if (report === undefined) return;
      comparison = compare(read);
      const content = { results: read, comparison, evaluation: null, costs: null };
      await writeReport(report.path, content, source, header, { texts: report.texts, key: table.keyColumn });
    },
  });
  comparison ??= compare(results);
  process.stdout.write(raw['json'] === true ? toJsonLine(comparison) : renderComparison(comparison));
  if (report !== undefined) process.stderr.write(`Written: ${report.path}\n`);
  return ExitCode.done;
}
