import type { Config } from '../config/schema.js';
import type { RecordedRuns, RunSettings } from '../report/recorded-runs.js';
import { digestFile } from '../table/digest-file.js';
import type { FileSystem } from '../table/file-system.js';
import type { OutputTarget } from '../table/output-target.js';
import { systemCode } from '../table/system-failure.js';
import { splitSheet } from '../table/table-kind.js';
import type { CsvRunOptions } from './csv-run-options.js';
import type { ResumeKey } from './resume-key.js';
import type { RunSummary } from './run-summary.js';

/** What `run.json` holds besides the key once a run has finished. No cell text. */
interface FinishedState {
  readonly form: string;
  readonly outputSha256: string;
  readonly summary: RunSummary;
  /** What the columns of each model were made with, those that the input had before included. */
  readonly models: Readonly<Record<string, RunSettings>>;
}

const VERSION = 1;

/** Whatever decides the bytes of the output besides the resume key. */
export function outputForm(config: Config, options: CsvRunOptions, parse: boolean): string {
  const { sheet } = splitSheet(options.outputPath);
  return JSON.stringify({
    limit: options.limit ?? null,
    parse,
    guard: options.formulaGuard ?? 'outputs',
    models: config.getEnabledModels().map((entry) => entry.name),
    column: config.data.output_column,
    ...(options.ensemble
      ? {
          ensemble: options.ensemble,
          positive: config.evaluation.positive_class,
          human: config.data.human_label_column,
        }
      : {}),
    ...(options.configHash === true ? { configHash: true } : {}),
    ...(sheet === undefined ? {} : { sheet }),
  });
}

/** The content of `run.json` while a run goes on. */
export function startedState(key: ResumeKey): object {
  return { version: VERSION, key };
}

/** The content of `run.json` once the output is complete. */
export async function finishedState(
  key: ResumeKey,
  form: string,
  summary: RunSummary,
  runs: RecordedRuns,
  fileSystem: FileSystem,
  target: OutputTarget,
): Promise<object> {
  const outputSha256 = (await digestOutput(fileSystem, target)) ?? '';
  const models = Object.fromEntries(runs);
  return { ...startedState(key), finished: { form, outputSha256, summary, models } satisfies FinishedState };
}

/** The summary of the finished run that wrote this very output; undefined when there is work to do. */
export async function findFinishedRun(
  fileSystem: FileSystem,
  state: Record<string, unknown> | undefined,
  form: string,
  target: OutputTarget | undefined,
): Promise<RunSummary | undefined> {
  if (state === undefined || target === undefined || state['version'] !== VERSION) return undefined;
  const finished = state['finished'] as FinishedState | undefined;
  if (finished === undefined || finished.form !== form) return undefined;
  const digest = await digestOutput(fileSystem, target);
  return digest === finished.outputSha256 ? finished.summary : undefined;
}

async function digestOutput(fileSystem: FileSystem, target: OutputTarget): Promise<string | undefined> {
  try {
    const file = await fileSystem.open(target.path, 'read');
    try {
      return await digestFile(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
