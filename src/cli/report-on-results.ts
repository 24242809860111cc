import { dirname, join } from 'node:path';
import type { Config } from '../config/schema.js';
import { RunScoringError } from '../foundation/errors.js';
import type { Evaluation } from '../report/evaluate-raters.js';
import type { PageContent } from '../report/html/page.js';
import type { ModelCost } from '../report/html/throughput-section.js';
import type { ResultsHeader } from '../report/results-header.js';
import type { ModelSummary, RunSummary } from '../scoring/run-summary.js';
import type { Table } from '../table/table.js';
import type { TableLayout } from '../table/table-kind.js';
import { isShared } from './refuse-shared-file.js';
import type { ReportOptions } from './report-options.js';
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
 * metrics go into `model_metrics.csv` beside the output; `--report` shows all of it as a page. The output is complete by now: what goes wrong here is a warning.
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
    return await readAndReport(options, config, path, report);
  } catch (error) {
    if (!(error instanceof RunScoringError)) throw error;
    const warning = `warning: the results were not compared with labels or each other: ${error.toLine()}\n`;
    return { texts: [warning], warnings: [warning], json: {} };
  }
}

async function readAndReport(
  options: RunOptions,
  config: Config,
  path: string,
  run: RunSummary,
): Promise<ResultsReports> {
  const layout = run.layout ?? {};
  const labelled = await hasColumn(path, layout, config.data.human_label_column);
  if (!labelled && !options.compare && options.report === undefined) return NOTHING;
  const [{ readResults }, { rubricOf }, { toJson }, { withoutCurves }] = await Promise.all([
    import('../report/read-results.js'),
    import('../report/rubric.js'),
    import('../report/json-keys.js'),
    import('../report/evaluate-raters.js'),
  ]);
  const texts: string[] = [];
  const warnings: string[] = [];
  const json: Record<string, object> = {};
  await readResults({
    path,
    ...layout,
    rubric: rubricOf(config),
    badLabels: 'leave',
    whileOpen: async (results, table, header) => {
      if (results.labelFault !== null) {
        const why = results.labelFault.toLine();
        warnings.push(
          `warning: nothing was evaluated; run-scoring evaluate can, with labels explained: ${why}\n`,
        );
      }
      if (options.compare) {
        const { compareRaters } = await import('../report/compare-raters.js');
        const { renderComparison } = await import('../report/compare-text.js');
        const comparison = compareRaters(results);
        texts.push(`\n${renderComparison(comparison)}`);
        json['comparison'] = toJson(comparison);
      }
      let shown = results;
      let evaluation: Evaluation | null = null;
      if (labelled && results.human?.some((code) => code >= 0) === true) {
        const { voted } = await import('../report/evaluated-raters.js');
        const { evaluateRaters } = await import('../report/evaluate-raters.js');
        const { renderEvaluation } = await import('../report/evaluate-text.js');
        shown = voted(results);
        evaluation = evaluateRaters(shown);
        texts.push(`\n${renderEvaluation(evaluation)}`);
        // The points of the curves are for `run-scoring evaluate --json`.
        json['evaluation'] = toJson(withoutCurves(evaluation));
        const written = await writeMetrics(options, path, evaluation, table.identity);
        (written === undefined ? warnings : texts).push(
          written === undefined
            ? 'warning: model_metrics.csv is a file of this run; the metrics were not written.\n'
            : `\nWritten: ${written}\n`,
        );
      }
      if (options.report === undefined) return;
      const content = { results: shown, evaluation, costs: run.models.map(costOf) };
      try {
        await writePage(options.report, content, table, header);
        texts.push(`\nWritten: ${options.report.path}\n`);
      } catch (error) {
        if (!(error instanceof RunScoringError)) throw error;
        warnings.push(`warning: the report was not written: ${error.toLine()}\n`);
      }
    },
  });
  return { texts: [...texts, ...warnings], warnings, json };
}

/** Where the metrics went; undefined when that is a file that the run needs. */
async function writeMetrics(
  options: RunOptions,
  path: string,
  evaluation: Evaluation,
  identity: string,
): Promise<string | undefined> {
  const { METRICS_FILE } = await import('./evaluate-command.js');
  const { metricsCsv } = await import('../report/metrics-csv.js');
  const { writeSmallFile } = await import('../report/write-table.js');
  const target = join(dirname(path), METRICS_FILE);
  const needed = [options.input, path, options.config, options.logFile, options.report?.path];
  if (await isShared(target, needed)) return undefined;
  await writeSmallFile(target, metricsCsv(evaluation), identity);
  return target;
}

async function writePage(
  report: ReportOptions,
  content: Omit<PageContent, 'comparison'>,
  table: Table,
  header: ResultsHeader,
): Promise<void> {
  const { compareRaters } = await import('../report/compare-raters.js');
  const { writeReport } = await import('../report/write-report.js');
  const comparison = compareRaters(content.results);
  await writeReport(report.path, { ...content, comparison }, table, header, report);
}

function costOf(model: ModelSummary): ModelCost {
  const { name, modelId, info, scoredNow, reused, seconds, loadSeconds, inputTokens, outputTokens } = model;
  return {
    name,
    modelId,
    device: info?.executionProvider ?? null,
    quantization: info?.quantization ?? null,
    scoredNow,
    reused,
    seconds,
    loadSeconds,
    inputTokens,
    outputTokens,
  };
}

async function hasColumn(path: string, layout: Partial<TableLayout>, column: string): Promise<boolean> {
  const [{ openTable }, { nodeFileSystem }] = await Promise.all([
    import('../table/open-table.js'),
    import('../table/file-system.js'),
  ]);
  const table = await openTable(nodeFileSystem, path, layout);
  try {
    return table.header.includes(column);
  } finally {
    await table.close();
  }
}
