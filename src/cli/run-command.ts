import type { Config } from '../config/schema.js';
import { RunScoringError } from '../foundation/errors.js';
import { ExitCode } from '../foundation/exit-codes.js';
import type { Logger } from '../foundation/logger.js';
import type { EnsembleSettings } from '../report/ensemble-cells.js';
import type { CsvRunOptions } from '../scoring/csv-run-options.js';
import type { LoadModel } from '../scoring/model-port.js';
import { MultiModelBatchProcessor } from '../scoring/multi-model-batch-processor.js';
import type { RunSummary } from '../scoring/run-summary.js';
import { nodeFileSystem } from '../table/file-system.js';
import { resolveOutput } from '../table/output-target.js';
import { chooseConfig } from './choose-config.js';
import { findConfig } from './find-config.js';
import { createProgress } from './progress.js';
import { refuseSharedFile } from './refuse-shared-file.js';
import { reportOnResults } from './report-on-results.js';
import { openRunLog } from './run-log.js';
import { type RunOptions, readRunOptions } from './run-options.js';
import { listenForStop, resumeCommand } from './signals.js';
import { failureJson, renderSummary, renderTroubles, summaryJson } from './summary.js';
import { detectTerminal } from './terminal.js';

/** Where a hub model comes from, and what keeps a run from beginning for minutes. */
const SAID_BY_DEFAULT = /^(?:warning: |fetching |convert(?:ing|ed) |the hub |\S+: hub, commit )/;

/**
 * The default command: score a table. This is the one place where config, processor, worker, progress and signals
 * are put together.
 * @param args the command line as typed, for the line that resumes the run
 * @param loadModel how a model is loaded; default: in a process of its own
 */
export async function run(
  raw: Record<string, unknown>,
  args: readonly string[],
  loadModel?: LoadModel,
): Promise<ExitCode> {
  try {
    const options = readRunOptions(raw);
    await refuseSharedFiles(options);
    const config = await chooseConfig(options);
    const vote = voteSettings(options.ensemble, config);
    if (options.dryRun) {
      const { dryRun } = await import('./dry-run-command.js');
      return await dryRun(options, config, vote);
    }
    return await score(options, config, vote, args, loadModel);
  } catch (error) {
    if (raw['json'] === true && error instanceof RunScoringError) process.stdout.write(failureJson(error));
    throw error;
  }
}

/** What the run writes must not be what it reads; output and input are compared when both are open. */
async function refuseSharedFiles({ input, output, config, logFile, report }: RunOptions): Promise<void> {
  const configFile = await findConfig(config);
  await refuseSharedFile('--output', output, [configFile]);
  await refuseSharedFile('--log-file', logFile, [input, output, configFile]);
  await refuseSharedFile('--report', report?.path, [input, output, configFile, logFile]);
  // A folder that is not there would show only when all is scored.
  if (report !== undefined) await resolveOutput(nodeFileSystem, report.path, '');
}

async function score(
  options: RunOptions,
  config: Config,
  vote: EnsembleSettings | false | undefined,
  args: readonly string[],
  loadModel: LoadModel | undefined,
): Promise<ExitCode> {
  const say = (text: string) => void process.stderr.write(text);
  const terminal = detectTerminal(process.stderr, process.env);
  const quiet = options.verbosity === 'quiet';
  const progress = createProgress({ terminal, write: say, quiet });
  const log = openRunLog(options.logFile, (line) => say(`warning: ${line}\n`));
  const stop = listenForStop(
    (name) => progress.note(`${name}: saving what is done; once more to leave at once.`),
    () => say(stoppedMessage(options, args)),
  );
  logStart(log, options, config);
  try {
    const summary = await scoreTable(options, config, vote, loadModel, stop.signal, {
      onProgress: (state) => progress.update(state),
      onNote: (line) => {
        log.info(line);
        if (options.verbosity === 'verbose' || SAID_BY_DEFAULT.test(line)) progress.note(line);
      },
    });
    progress.end();
    const exitCode = (
      summary.interrupted ? (stop.exitCode() ?? summary.exitCode) : summary.exitCode
    ) as ExitCode;
    const report: RunSummary = { ...summary, exitCode };
    log.info(JSON.parse(summaryJson(report)), 'end');
    const reports = await reportOnResults(options, config, report);
    if (options.json) process.stdout.write(summaryJson(report, reports.json));
    if (summary.interrupted) say(stoppedMessage(options, args));
    else if (!quiet || exitCode === ExitCode.noModel) say(renderSummary(report, terminal));
    else say(renderTroubles(report, terminal));
    for (const text of quiet ? reports.warnings : reports.texts) say(text);
    return exitCode;
  } catch (error) {
    progress.end();
    const known = error instanceof RunScoringError;
    log.error({ code: known ? error.code : 'INTERNAL' }, 'the run failed');
    throw error;
  } finally {
    stop.release();
  }
}

async function scoreTable(
  options: RunOptions,
  config: Config,
  ensemble: EnsembleSettings | false | undefined,
  loadModel: LoadModel | undefined,
  signal: AbortSignal,
  watch: Required<Pick<CsvRunOptions, 'onProgress' | 'onNote'>>,
): Promise<RunSummary> {
  const processor = new MultiModelBatchProcessor(config, {
    loadModel: loadModel ?? (await import('../worker/spawn-model.js')).spawnModel,
    device: options.device ?? 'auto',
    offline: options.offline,
    ...defined({ timeoutPerRowMs: options.timeoutPerRowMs }),
  });
  return processor.processCsv({
    inputPath: options.input,
    outputPath: options.output!,
    parseOutputs: options.parse,
    clobber: options.clobber,
    resume: options.resume,
    retryErrors: options.retryErrors,
    onBadRow: options.onBadRow,
    formulaGuard: options.formulaGuard,
    ensemble,
    configHash: options.configHash,
    signal,
    ...watch,
    ...defined({ limit: options.limit, encoding: options.encoding, delimiter: options.delimiter }),
  });
}

/** Each setting from the command line, else from the config. */
function voteSettings(asked: RunOptions['ensemble'], config: Config): EnsembleSettings | false | undefined {
  if (!asked) return asked;
  const method = asked.method ?? config.ensemble?.method;
  if (method === undefined) {
    throw new RunScoringError('USAGE_OPTION', '--ties needs --ensemble, or ensemble in the config.');
  }
  return { method, ...defined({ ties: asked.ties ?? config.ensemble?.ties }) };
}

/** Without the keys whose value is undefined, as exact optional types want it. */
function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function stoppedMessage(options: RunOptions, args: readonly string[]): string {
  if (options.input === '-' || options.output === '-') {
    return 'Stopped. A run over stdin or stdout starts from the beginning next time.\n';
  }
  return `Stopped; what is done is saved. Go on with:\n  ${resumeCommand(args)}\n`;
}

/** Settings by name: no texts, no tokens. */
function logStart(log: Logger, options: RunOptions, config: Config): void {
  const models = config.getEnabledModels().map((entry) => ({ name: entry.name, model_id: entry.model_id }));
  log.info({ options, models, generation: config.generation }, 'start');
}
