import { type Command, Option } from 'commander';
import { ENSEMBLE_COLUMNS, MARGIN_COLUMN } from '../config/shared-columns.js';
import { ExitCode } from '../foundation/exit-codes.js';
import { ensembleCells, isAsked, NO_VOTE, voteCaution, voteOf } from '../report/ensemble-cells.js';
import { readResults } from '../report/read-results.js';
import { models } from '../report/row-doubts.js';
import { alignColumns, countOf } from '../report/text-table.js';
import { writeTable } from '../report/write-table.js';
import { ENSEMBLE_METHODS, type EnsembleMethod, TIE_RULES, type TieRule } from '../stats/ensemble.js';
import { refuseSharedFile } from './refuse-shared-file.js';
import { addTableOptions, readTableOptions } from './table-options.js';

export function configure(command: Command): void {
  command
    .argument('<results>', 'scored table (.csv, .tsv, .jsonl, .xlsx, .parquet); - reads CSV from stdin')
    .requiredOption('--output <file>', 'where the table with the vote goes; - writes stdout')
    .addOption(
      new Option('--method <name>', "how to vote (default: the config's, else majority)").choices(
        ENSEMBLE_METHODS,
      ),
    )
    .addOption(
      new Option('--ties <rule>', "what a tie becomes (default: the config's, else abstain)").choices(
        TIE_RULES,
      ),
    );
  addTableOptions(command).addHelpText(
    'after',
    `
Adds ${ENSEMBLE_COLUMNS.join(', ')}.
weighted: by accuracy on the labels that people gave, where there are any, else
by confidence. dawid-skene: accuracy and truth estimated together, without
labels. A tie becomes "abstain", the positive class, or the label of the most
confident model.`,
  );
}

export async function run(raw: Record<string, unknown>, args: readonly string[]): Promise<ExitCode> {
  const output = raw['output'] as string;
  const options = await readTableOptions(raw, args[0]!);
  const method = (raw['method'] as EnsembleMethod | undefined) ?? options.vote?.method ?? 'majority';
  const ties = (raw['ties'] as TieRule | undefined) ?? options.vote?.ties ?? 'abstain';
  await refuseSharedFile('--output', output, [options.config]);
  const counts = new Map<string, number>();
  await readResults({
    ...options,
    badLabels: method === 'weighted' ? 'refuse' : 'leave',
    whileOpen: async (results, table, { added }) => {
      const caution = voteCaution(method, models(results).length);
      if (caution !== undefined) process.stderr.write(`warning: ${caution}\n`);
      const decide = voteOf(results, { method, ties });
      const kept = [...table.header.keys()].filter(
        (at) => !(ENSEMBLE_COLUMNS as readonly string[]).includes(table.header[at]!),
      );
      const rows = async function* () {
        for await (const from of table.rows()) {
          const { row, cells } = from;
          const vote = isAsked(results, row)
            ? ensembleCells(decide(row), results.rubric.labels)
            : NO_VOTE.map(() => '');
          counts.set(vote[0]!, (counts.get(vote[0]!) ?? 0) + 1);
          yield { cells: [...kept.map((at) => cells[at]!), ...vote], from };
        }
      };
      const header = [...kept.map((at) => table.header[at]!), ...ENSEMBLE_COLUMNS];
      await writeTable(output, table, rows(), {
        header,
        firstOutput: kept.length,
        columns: kept,
        said: new Set(kept.flatMap((at, place) => (added.includes(at) ? [place] : []))),
        numbers: new Set([MARGIN_COLUMN]),
      });
    },
  });
  const names = [...counts].map(([flag, count]) => [flag === '' ? '(no vote)' : flag, countOf(count, 'row')]);
  process.stderr.write(
    `${[`${method} vote -> ${output === '-' ? 'standard output' : output}`, ...alignColumns(names)].join('\n')}\n`,
  );
  return ExitCode.done;
}
