import type { Command } from 'commander';
import { ExitCode } from '../foundation/exit-codes.js';
import { readResults } from '../report/read-results.js';
import { rankForReview, reviewTable } from '../report/review-rows.js';
import { countOf, wrapText } from '../report/text-table.js';
import { writeTable } from '../report/write-table.js';
import { findColumn } from '../table/header-map.js';
import { refuseSharedFile } from './refuse-shared-file.js';
import { addTableOptions, readNumber, readTableOptions } from './table-options.js';

export function configure(command: Command): void {
  command
    .argument('<results>', 'scored table (.csv, .tsv, .jsonl, .xlsx, .parquet); - reads CSV from stdin')
    .requiredOption('--output <file>', 'where the rows to review go; - writes stdout')
    .option('--top <n>', 'how many rows', '100');
  addTableOptions(command).addHelpText(
    'after',
    `
Rows come in the order of disagreement + failed + unsure, each from 0 to 1: the
share of model pairs that differ, the share of models without an answer, and how
near the least sure model is to guessing. Rows that have a label already are
left out. Fill the label column in, then:
  run-scoring evaluate results.csv --labels review.csv`,
  );
}

export async function run(raw: Record<string, unknown>, args: readonly string[]): Promise<ExitCode> {
  const top = readNumber(raw, 'top', 1, 100_000, true)!;
  const output = raw['output'] as string;
  const options = await readTableOptions(raw, args[0]!);
  await refuseSharedFile('--output', output, [options.config]);
  let said = '';
  await readResults({
    ...options,
    whileOpen: async (results, table, header) => {
      const { chosen, doubtful } = rankForReview(results, top);
      const { keyColumn } = options;
      const key = keyColumn === undefined ? -1 : findColumn(table.header, keyColumn, results.file);
      const review = await reviewTable(results, table, header, chosen, key);
      const rows = async function* () {
        yield* review.rows;
      };
      await writeTable(output, table, rows(), review.form);
      const where = output === '-' ? 'standard output' : output;
      said =
        chosen.length === 0
          ? `No row is left to review; ${where} has a header only.`
          : `${countOf(chosen.length, 'row')} of ${doubtful} with a doubt -> ${where}. Fill in ${options.rubric.humanColumn}.`;
    },
  });
  process.stderr.write(`${wrapText(said).join('\n')}\n`);
  return ExitCode.done;
}
