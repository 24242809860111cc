import type { Command } from 'commander';
import { ExitCode } from '../foundation/exit-codes.js';
import { compareRaters } from '../report/compare-raters.js';
import { renderComparison } from '../report/compare-text.js';
import { toJsonLine } from '../report/json-keys.js';
import { readResults } from '../report/read-results.js';
import {
  addSamplingOptions,
  addTableOptions,
  readNumber,
  readSamplingOptions,
  readTableOptions,
} from './table-options.js';

export function configure(command: Command): void {
  command.argument('<results>', 'scored table, CSV; - reads stdin');
  addTableOptions(command);
  addSamplingOptions(command)
    .option('--top <n>', 'list so many of the rows on which models differ', '10')
    .option('--with-ensemble', 'pair the models with the ensemble too')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Agreement needs no labels by people; it does not say who is right. Missing labels
are counted: agreement and Fleiss' kappa stand on the rows that every model
labelled, Cohen's kappa on those that both did, alpha on all that can be paired.`,
    );
}

export async function run(raw: Record<string, unknown>, args: readonly string[]): Promise<ExitCode> {
  const top = readNumber(raw, 'top', 0, 100_000, true)!;
  const sampling = readSamplingOptions(raw);
  const results = await readResults(await readTableOptions(raw, args[0]!));
  const comparison = compareRaters(results, {
    ...sampling,
    top,
    withEnsemble: raw['withEnsemble'] === true,
  });
  process.stdout.write(raw['json'] === true ? toJsonLine(comparison) : renderComparison(comparison));
  return ExitCode.done;
}
