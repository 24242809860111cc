import { dirname, join } from 'node:path';
import { type Command, Option } from 'commander';
import { RunScoringError } from '../foundation/errors.js';
import { ExitCode } from '../foundation/exit-codes.js';
import { compareRaters } from '../report/compare-raters.js';
import { type Evaluation, evaluateRaters } from '../report/evaluate-raters.js';
import { renderEvaluation } from '../report/evaluate-text.js';
import { chooseRaters, refuseUnlabelled, voted } from '../report/evaluated-raters.js';
import { checkGates, renderGate } from '../report/gates.js';
import { toJsonLine } from '../report/json-keys.js';
import { metricsCsv } from '../report/metrics-csv.js';
import { readLabels } from '../report/read-labels.js';
import { readResults } from '../report/read-results.js';
import { writeReport } from '../report/write-report.js';
import { writeSmallFile } from '../report/write-table.js';
import { ENSEMBLE_METHODS, type EnsembleMethod, TIE_RULES, type TieRule } from '../stats/ensemble.js';
import { kindOfFile } from '../table/table-kind.js';
import { refuseSharedFile } from './refuse-shared-file.js';
import { addReportOptions, readReportOptions } from './report-options.js';
import {
  addSamplingOptions,
  addTableOptions,
  readNumber,
  readSamplingOptions,
  readTableOptions,
} from './table-options.js';

export const METRICS_FILE = 'model_metrics.csv';

export function configure(command: Command): void {
  command
    .argument('[results]', 'scored table with labels by people; - reads CSV from stdin')
    .option('--labels <file>', 'labels to join by row key, as "review" writes them')
    .option('--output <file>', `where the metrics go (default: ${METRICS_FILE} beside the table)`);
  addTableOptions(command);
  addReportOptions(addSamplingOptions(command))
    .addOption(
      new Option('--ensemble <method>', 'evaluate this vote of the models').choices(ENSEMBLE_METHODS),
    )
    .addOption(
      new Option('--ties <rule>', "what a tie becomes (default: the config's, else abstain)").choices(
        TIE_RULES,
      ),
    )
    .option('--sweep', 'print what each threshold on the confidence would give')
    .option('--min-f1 <x>', 'gate: least F1 of the positive class')
    .option('--min-recall <x>', 'gate: least recall of the positive class')
    .option('--min-kappa <x>', "gate: least Cohen's kappa with the labels")
    .option('--max-error-rate <x>', 'gate: largest share of rows without a usable answer')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Rows whose answer failed count as wrong. Gates hold for every model that is
evaluated (--models a,ensemble chooses); a missed gate ends in exit code 7.
Without --ensemble, the table's own ensemble is evaluated as it stands, or the
majority of three or more models. Without a table, the file of --labels is
evaluated itself.`,
    );
}

export async function run(raw: Record<string, unknown>, args: readonly string[]): Promise<ExitCode> {
  const sampling = readSamplingOptions(raw);
  const gates = {
    minF1: readNumber(raw, 'minF1', 0, 1),
    minRecall: readNumber(raw, 'minRecall', 0, 1),
    minKappa: readNumber(raw, 'minKappa', 0, 1),
    maxErrorRate: readNumber(raw, 'maxErrorRate', 0, 1),
  };
  const labelFile = raw['labels'] as string | undefined;
  const path = args[0] ?? labelFile;
  if (path === undefined) {
    throw new RunScoringError('USAGE_MISSING', 'The scored table is missing.', {
      hint: 'Write run-scoring evaluate results.csv.',
    });
  }
  const output =
    (raw['output'] as string | undefined) ??
    (path === '-' ? METRICS_FILE : join(dirname(path), METRICS_FILE));
  if (output === '-' || !['csv', 'text'].includes(kindOfFile(output))) {
    throw new RunScoringError('OUTPUT_FORMAT', 'The metrics are written as CSV into a file.', {
      at: { file: output },
      hint: 'Give it the ending .csv; --json prints all of them to stdout.',
    });
  }
  const report = readReportOptions(raw);
  const table = await readTableOptions(raw, path);
  await refuseSharedFile('--output', output, [labelFile, table.config]);
  await refuseSharedFile('--report', report?.path, [path, labelFile, output, table.config]);
  const joins = args[0] !== undefined && labelFile !== undefined;
  const given = joins
    ? await readLabels({
        path: labelFile,
        rubric: table.rubric,
        mapping: table.mapping,
        keyColumn: table.keyColumn,
        encoding: table.encoding,
      })
    : undefined;
  // Names are chosen below: an ensemble may need the models that are not evaluated.
  let input = '';
  let evaluation: Evaluation | undefined;
  await readResults({
    ...table,
    raters: undefined,
    alsoRaters: table.raters,
    given,
    whileOpen: async (read, source, header) => {
      input = source.identity;
      refuseUnlabelled(read, source.header, joins ? labelFile : undefined);
      const method = raw['ensemble'] as EnsembleMethod | undefined;
      const ties = raw['ties'] as TieRule | undefined;
      if (ties !== undefined && method === undefined && read.raters.some(({ kind }) => kind === 'ensemble')) {
        throw new RunScoringError('USAGE_OPTION', '--ties needs --ensemble: the table has a vote already.');
      }
      const rule = { ties: ties ?? table.vote?.ties ?? 'abstain' };
      const asked = method === undefined ? rule : { method, ...rule };
      const results = chooseRaters(voted(read, asked), table.raters);
      evaluation = evaluateRaters(results, sampling);
      if (report === undefined) return;
      const content = { results, comparison: compareRaters(results, sampling), evaluation, costs: null };
      await writeReport(report.path, content, source, header, { texts: report.texts, key: table.keyColumn });
    },
  });
  await writeSmallFile(output, metricsCsv(evaluation!), input);
  const checked = checkGates(evaluation!, gates);
  const missed = checked.filter((gate) => !gate.passed);
  if (raw['json'] === true) {
    process.stdout.write(
      toJsonLine({
        exitCode: missed.length > 0 ? ExitCode.gate : ExitCode.done,
        output,
        ...evaluation,
        gates: checked,
      }),
    );
  } else {
    process.stdout.write(renderEvaluation(evaluation!, { sweep: raw['sweep'] === true }));
    process.stdout.write(`\nWritten: ${output}\n`);
  }
  if (report !== undefined) process.stderr.write(`Written: ${report.path}\n`);
  for (const gate of checked) process.stderr.write(`${renderGate(gate)}\n`);
  return missed.length > 0 ? ExitCode.gate : ExitCode.done;
}
