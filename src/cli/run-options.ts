import { type Command, Option } from 'commander';
import { RunScoringError } from '../foundation/errors.js';
import { ENSEMBLE_METHODS, type EnsembleMethod, TIE_RULES, type TieRule } from '../stats/ensemble.js';
import { addReportOptions, type ReportOptions, readReportOptions } from './report-options.js';

/** The options of a scoring run, checked. Paths are as typed; `-` is stdin or stdout. */
export interface RunOptions {
  readonly input: string;
  /** Undefined only in a dry run. */
  readonly output: string | undefined;
  readonly config: string | undefined;
  readonly multiModel: boolean;
  /** Names from `--models`, undefined when not given. */
  readonly models: readonly string[] | undefined;
  /** At most this many data rows. */
  readonly limit: number | undefined;
  readonly batchSize: number | 'auto' | undefined;
  readonly device: 'auto' | 'cpu' | 'cuda' | undefined;
  readonly parse: boolean;
  readonly clobber: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly verbosity: 'quiet' | 'normal' | 'verbose';
  readonly logFile: string | undefined;
  readonly resume: boolean;
  readonly retryErrors: boolean;
  readonly timeoutPerRowMs: number | undefined;
  readonly encoding: string | undefined;
  readonly delimiter: string | undefined;
  readonly onBadRow: 'refuse' | 'keep';
  readonly formulaGuard: 'none' | 'outputs' | 'all';
  readonly offline: boolean;
  /** As far as it was given: what is left out, the config says. False: no vote. */
  readonly ensemble:
    | { readonly method: EnsembleMethod | undefined; readonly ties: TieRule | undefined }
    | false
    | undefined;
  readonly configHash: boolean;
  /** Print how far the models agree, once the output is written. */
  readonly compare: boolean;
  /** Write the HTML report, once the output is written. */
  readonly report: ReportOptions | undefined;
}

export const RUN_HELP = `
Without --multi-model only the first enabled model of the config runs.

Exit codes: 0 done, 2 usage or config, 3 input, 4 output, 5 no model could run,
6 done with failed rows or models, 7 a quality gate was missed, 130/143 stopped.

Examples:
  run-scoring --input people.csv --output results.csv --multi-model
  run-scoring --input people.csv --dry-run
  cat people.csv | run-scoring --input - --output - --quiet > results.csv`;

export function addRunOptions(command: Command): Command {
  addScoringOptions(command);
  return addReportOptions(command)
    .option('--config-hash', 'add the column config_hash, which tells runs apart')
    .option('--offline', 'forbid any network access')
    .option('--dry-run', 'show prompts and token counts; load no weights, write nothing')
    .option('--json', 'print one JSON summary to stdout')
    .addOption(new Option('--quiet', 'print errors only').conflicts('verbose'))
    .option('--verbose', 'print more')
    .option('--log-file <file>', 'append JSON log lines to this file');
}

function addScoringOptions(command: Command): Command {
  return command
    .option('--input <file>', 'table to score (.csv, .tsv, .jsonl, .xlsx, .parquet); - reads CSV from stdin')
    .option('--output <file>', 'where the scored table goes, in any of these formats; - writes stdout')
    .option('--config <file>', 'YAML config (default: config/config.yaml)')
    .option('--multi-model', 'run every enabled model')
    .option('--models <names>', 'run these models of the config, separated by commas')
    .option('--limit <n>', 'score only the first n rows')
    .option('--batch-size <n>', 'rows scored side by side, or auto')
    .addOption(
      new Option('--device <name>', "where models run (default: the config's device_map)").choices([
        'auto',
        'cpu',
        'cuda',
      ]),
    )
    .option('--no-parse', 'write only the raw answers, no parsed columns')
    .option('--no-clobber', 'refuse to replace an existing output')
    .option('--resume', 'go on with an interrupted run')
    .option('--retry-errors', 'like --resume, and score failed rows again')
    .option('--timeout-per-row <s>', 'give a row up after so many seconds')
    .option('--encoding <name>', 'encoding of the input (default: utf-8)')
    .option('--delimiter <char>', 'delimiter of the input: , ; | or tab (default: found by itself)')
    .addOption(
      new Option('--on-bad-row <what>', 'a row with too many or too few cells')
        .choices(['refuse', 'keep'])
        .default('refuse'),
    )
    .addOption(
      new Option('--formula-guard <what>', 'cells that a spreadsheet would execute')
        .choices(['none', 'outputs', 'all'])
        .default('outputs'),
    )
    .addOption(new Option('--ensemble <method>', 'add the vote of the models').choices(ENSEMBLE_METHODS))
    .option('--no-ensemble', 'no vote, whatever the config says')
    .addOption(new Option('--ties <rule>', 'what a tied vote becomes (default: abstain)').choices(TIE_RULES))
    .option('--compare', 'show how far the models agree, when done');
}

/** @throws RunScoringError USAGE_… */
export function readRunOptions(raw: Record<string, unknown>): RunOptions {
  const text = (key: string) => raw[key] as string | undefined;
  const flag = (key: string) => raw[key] === true;
  const dryRun = flag('dryRun');
  const input = text('input');
  const output = text('output');
  if (input === undefined)
    throw usage('USAGE_MISSING', '--input is missing.', 'Give a table, or - for CSV from stdin.');
  if (output === undefined && !dryRun) {
    throw usage('USAGE_MISSING', '--output is missing.', 'Give a file, or - for stdout.');
  }
  for (const key of ['input', 'output', 'config', 'logFile']) {
    if (text(key) === '') throw usage('USAGE_OPTION', `${dashed(key)} is empty.`);
  }
  if (output === '-' && flag('json')) {
    throw usage('USAGE_OPTION', '--json and --output - would both write to stdout.');
  }
  const report = readReportOptions(raw);
  const ensemble = readEnsemble(raw);
  if (raw['parse'] === false && (ensemble || flag('compare') || flag('configHash'))) {
    throw usage('USAGE_OPTION', '--no-parse leaves nothing for --ensemble, --compare and --config-hash.');
  }
  const reader = flag('compare') ? '--compare' : report === undefined ? undefined : '--report';
  if (output === '-' && reader !== undefined) {
    throw usage('USAGE_OPTION', `${reader} reads the output again, so --output must be a file.`);
  }
  if (raw['parse'] === false && report !== undefined) {
    throw usage('USAGE_OPTION', '--no-parse leaves nothing for --report.');
  }
  const resume = flag('resume') || flag('retryErrors');
  if (resume && (input === '-' || output === '-')) {
    throw usage('USAGE_OPTION', '--resume needs files: stdin and stdout cannot be picked up again.');
  }
  return {
    input,
    output,
    config: text('config'),
    multiModel: flag('multiModel'),
    models: names(text('models')),
    limit: wholeNumber('limit', text('limit'), 0, Number.MAX_SAFE_INTEGER),
    batchSize: text('batchSize') === 'auto' ? 'auto' : wholeNumber('batchSize', text('batchSize'), 1, 1024),
    device: text('device') as RunOptions['device'],
    parse: raw['parse'] !== false,
    clobber: raw['clobber'] !== false,
    dryRun,
    json: flag('json'),
    verbosity: flag('quiet') ? 'quiet' : flag('verbose') ? 'verbose' : 'normal',
    logFile: text('logFile'),
    resume,
    retryErrors: flag('retryErrors'),
    timeoutPerRowMs: seconds('timeoutPerRow', text('timeoutPerRow')),
    encoding: text('encoding'),
    delimiter: text('delimiter'),
    onBadRow: raw['onBadRow'] as RunOptions['onBadRow'],
    formulaGuard: raw['formulaGuard'] as RunOptions['formulaGuard'],
    offline: flag('offline'),
    ensemble,
    configHash: flag('configHash'),
    compare: flag('compare'),
    report,
  };
}

function readEnsemble(raw: Record<string, unknown>): RunOptions['ensemble'] {
  const method = raw['ensemble'] as EnsembleMethod | false | undefined;
  const ties = raw['ties'] as TieRule | undefined;
  if (method === false && ties !== undefined) {
    throw usage('USAGE_OPTION', '--no-ensemble leaves nothing for --ties.');
  }
  if (method === false) return false;
  return method === undefined && ties === undefined ? undefined : { method, ties };
}

function names(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const list = text.split(',').map((name) => name.trim());
  if (list.includes(''))
    throw usage('USAGE_OPTION', '--models has an empty name.', 'Write it as --models a,b.');
  return [...new Set(list)];
}

function wholeNumber(key: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw usage('USAGE_OPTION', `${dashed(key)} must be a whole number ${range}.`);
  }
  return value;
}

function seconds(key: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || value < 0.001 || value > 86_400) {
    throw usage('USAGE_OPTION', `${dashed(key)} must be a number of seconds from 0.001 to 86400.`);
  }
  return Math.round(value * 1000);
}

function dashed(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function usage(code: 'USAGE_MISSING' | 'USAGE_OPTION', message: string, hint?: string): RunScoringError {
  return new RunScoringError(code, message, hint === undefined ? {} : { hint });
}
