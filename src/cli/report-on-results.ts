import { dirname, join, resolve } from 'node:path';
import type { Config } from '../config/schema.js';
import { RunScoringError } from '../foundation/errors.js';
import type { RunSummary } from '../scoring/run-summary.js';
import type { RunOptions } from './run-options.js';

/** What a run adds to its summary. */
export interface ResultsReports {
  /** For a person, within 80 columns. */
  readonly texts: readonly string[];
  readonly warnings: readonly string[];
  /** For `--json`. */
  readonly json: Readonly<Record<string, object>>;
}

const NOTHING: ResultsReports = { texts: [], warnings: [], json: {} };

/**
 * Compares the models of a finished run (`--compare`), and evaluates them whenever the table has labels by people: the
 * metrics go into `model_metrics.csv` beside the output. The output is complete by now: what goes wrong here is a warning.
 */
export async function reportOnResults(
  options: RunOptions,
  config: Config,
  report: RunSummary,
): Promise<ResultsReports> {
  const path = options.output;
  if (path === undefined || path === '-' || !options.parse) return NOTHING;
  if (!report.outputWritten && !report.alreadyDone) return NOTHING;
  try {
    return await readAndReport(options, config, path);
  } catch (error) {
    if (!(error instanceof RunScoringError)) throw error;
    const warning = `warning: the results were not compared with labels or each other: ${error.toLine()}\n`;
    return { texts: [warning], warnings: [warning], json: {} };
  }
}

async function readAndReport(options: RunOptions, config: Config, path: string): Promise<ResultsReports> {
  const labelled = await hasColumn(path, config.data.human_label_column);
  if (!labelled && !options.compare) return NOTHING;
  const [{ readResults }, { rubricOf }, { toJson }] = await Promise.all([
    import('../report/read-results.js'),
    import('../report/rubric.js'),
    import('../report/json-keys.js'),
  ]);
  let identity = '';
  const results = await readResults({
    path,
    rubric: rubricOf(config),
    whileOpen: async (_results, table) => {
      identity = table.identity;
    },
  });
  const texts: string[] = [];
  const warnings: string[] = [];
  const json: Record<string, object> = {};
  if (options.compare) {
    const { compareRaters } = await import('../report/compare-raters.js');
    const { renderComparison } = await import('../report/compare-text.js');
    const comparison = compareRaters(results);
    texts.push(`\n${renderComparison(comparison)}`);
    json['comparison'] = toJson(comparison);
  }
  if (labelled && results.human?.some((code) => code >= 0) === true) {
    const { METRICS_FILE, voted } = await import('./evaluate-command.js');
    const { evaluateRaters } = await import('../report/evaluate-raters.js');
    const { renderEvaluation } = await import('../report/evaluate-text.js');
    const { metricsCsv } = await import('../report/metrics-csv.js');
    const { writeSmallFile } = await import('../report/write-table.js');
    const evaluation = evaluateRaters(voted(results, undefined, 'abstain'));
    texts.push(`\n${renderEvaluation(evaluation)}`);
    // The points of the curves are for `run-scoring evaluate --json`.
    json['evaluation'] = toJson({
      ...evaluation,
      raters: evaluation.raters.map(({ curve: _curve, band: _band, ...rater }) => rater),
    });
    const target = join(dirname(path), METRICS_FILE);
    const needed = [options.input, path, options.config].filter((each) => each !== undefined);
    if (needed.some((each) => resolve(each) === resolve(target))) {
      warnings.push(`warning: ${METRICS_FILE} is a file of this run; the metrics were not written.\n`);
    } else {
      await writeSmallFile(target, metricsCsv(evaluation), identity);
      texts.push(`\nWritten: ${target}\n`);
    }
  }
  return { texts: [...texts, ...warnings], warnings, json };
}

async function hasColumn(path: string, column: string): Promise<boolean> {
  const [{ openCsv }, { nodeFileSystem }] = await Promise.all([
    import('../table/read-csv.js'),
    import('../table/file-system.js'),
  ]);
  const table = await openCsv(nodeFileSystem, path);
  try {
    return table.header.includes(column);
  } finally {
    await table.close();
  }
}
