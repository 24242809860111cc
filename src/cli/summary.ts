import type { RunScoringError } from '../foundation/errors.js';
import { ExitCode } from '../foundation/exit-codes.js';
import { isFailed, type RowStatus } from '../scoring/record.js';
import type { ModelSummary, RunSummary } from '../scoring/run-summary.js';
import { formatDuration, formatRate } from './progress.js';
import { styled, type Terminal } from './terminal.js';

type Failures = readonly (readonly [RowStatus, number])[];

/** The statuses that count as failed and did occur. */
function failures(model: ModelSummary): Failures {
  const entries = Object.entries(model.statuses) as [RowStatus, number][];
  return entries.filter(([status, count]) => isFailed(status) && count > 0);
}

export function failedRows(model: ModelSummary): number {
  return failures(model).reduce((sum, [, count]) => sum + count, 0);
}

/** The summary for a person: a small table within 80 columns, then whatever went wrong, one line each. */
export function renderSummary(report: RunSummary, terminal: Terminal): string {
  const noModel = report.exitCode === ExitCode.noModel;
  const did = noModel ? 'No model could run over' : report.alreadyDone ? 'Already done:' : 'Scored';
  const target = report.output === '-' ? 'standard output' : report.output;
  const where = report.outputWritten || report.alreadyDone ? ` -> ${target}` : ', no output written';
  const head = `${did} ${report.rows} ${plural(report.rows, 'row')} in ${spent(report.seconds)}${where}`;
  const columns = ['model', 'ok', 'cut', 'empty', 'failed', 'rows/s', 'load', 'device'];
  const rows = report.models.map((model) => [
    model.name.length > 20 ? `${model.name.slice(0, 19)}~` : model.name,
    String(model.statuses.ok ?? 0),
    String(model.statuses.truncated_input ?? 0),
    String(model.statuses.empty_input ?? 0),
    String(failedRows(model)),
    rate(model) ?? '-',
    `${model.loadSeconds.toFixed(1)} s`,
    (model.info?.executionProvider ?? '-').slice(0, 8),
  ]);
  const lines = [
    styled(head, 'bold', terminal),
    ...alignColumns([columns, ...rows]).map((line) => `  ${line}`),
  ];
  for (const model of report.models) {
    for (const [field, counts] of Object.entries(model.labels)) {
      const list = Object.entries(counts)
        .filter(([, count]) => count > 0)
        .map(([label, count]) => `${label} ${count}`);
      if (list.length > 0) lines.push(...wrap(`${model.name} ${field}: ${list.join(', ')}`, 80));
    }
    const { source, revision } = model.info ?? { source: '', revision: null };
    if (revision !== null) lines.push(...wrap(`${model.name}: ${source} at commit ${revision}`, 80));
    lines.push(...troubles(model, terminal));
  }
  if (report.badRows > 0)
    lines.push(`${report.badRows} ${plural(report.badRows, 'damaged input row')} kept.`);
  const { input, output } = report.riskyCells;
  if (input + output > 0) {
    lines.push(
      ...wrap(
        `Cells that a spreadsheet may read as a formula: ${input} in the input, ${output} in answers.`,
        80,
      ),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** What went wrong with rows and models, all that a quiet run says; '' for nothing. */
export function renderTroubles(report: RunSummary, terminal: Terminal): string {
  return report.models.flatMap((model) => troubles(model, terminal).map((line) => `${line}\n`)).join('');
}

function troubles(model: ModelSummary, terminal: Terminal): string[] {
  const say = (text: string, style: 'red' | 'yellow') =>
    wrap(`${model.name}: ${text}`, 80).map((line) => styled(line, style, terminal));
  const lines: string[] = [];
  const failed = failures(model).map(([status, count]) => `${count} ${status}`);
  if (failed.length > 0) lines.push(...say(failed.join(', '), 'yellow'));
  if (model.error !== null) {
    const { message, hint, code } = model.error;
    lines.push(...say(`${message}${hint === undefined ? '' : ` ${hint}`} [${code}]`, 'red'));
  }
  return lines;
}

/**
 * The summary for a program: one JSON object on one line. Keys are stable.
 * @param more further keys, such as the comparison of the models
 */
export function summaryJson(report: RunSummary, more: object = {}): string {
  const models = report.models.map((model) => ({
    name: model.name,
    model_id: model.modelId,
    source: model.info?.source ?? null,
    revision: model.info?.revision ?? null,
    device: model.info?.executionProvider ?? null,
    quantization: model.info?.quantization ?? null,
    fingerprint: model.info?.fingerprint ?? null,
    finished: model.finished,
    statuses: model.statuses,
    failed: failedRows(model),
    labels: model.labels,
    scored_now: model.scoredNow,
    reused: model.reused,
    load_seconds: round(model.loadSeconds),
    seconds: round(model.seconds),
    rows_per_second: model.seconds > 0 ? round(model.scoredNow / model.seconds) : null,
    input_tokens: model.inputTokens,
    output_tokens: model.outputTokens,
    error: model.error,
  }));
  return `${JSON.stringify({
    exit_code: report.exitCode,
    input: report.input,
    output: report.output,
    output_written: report.outputWritten,
    interrupted: report.interrupted,
    already_done: report.alreadyDone,
    rows: report.rows,
    bad_rows: report.badRows,
    seconds: round(report.seconds),
    risky_cells: report.riskyCells,
    models,
    ...more,
  })}\n`;
}

/** What `--json` prints when the run could not be done at all. */
export function failureJson(error: RunScoringError): string {
  const { code, message, at, hint } = error;
  return `${JSON.stringify({ exit_code: error.exitCode, error: { code, message, at, hint } })}\n`;
}

function rate(model: ModelSummary): string | undefined {
  return model.seconds > 0 && model.scoredNow > 0 ? formatRate(model.scoredNow / model.seconds) : undefined;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function spent(seconds: number): string {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : formatDuration(seconds);
}

function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`;
}

/** First and last column to the left, numbers to the right. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const last = widths.length - 1;
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 || column === last ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** Breaks at spaces; a word that is longer than a line stays whole, so that paths can be copied. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
