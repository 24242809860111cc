import type { Interval } from '../stats/bootstrap.js';
import { type Evaluation, type MetricsRow, OVERALL, type RaterEvaluation } from './evaluate-raters.js';
import { fewRowsCaution, flatIntervalCaution } from './interval-cautions.js';
import {
  alignColumns,
  countOf,
  formatInterval,
  formatShare,
  formatValue,
  shorten,
  wrapText,
} from './text-table.js';

/** An evaluation for a person, within 80 columns. Holds no text of any row. */
export function renderEvaluation(evaluation: Evaluation, options: { sweep?: boolean } = {}): string {
  const { rows, labelled, unlabelled, unasked, positive, joined } = evaluation;
  const lines = wrapText(
    `${countOf(rows, 'row')}: ${labelled} evaluated, ${unlabelled} without a label, ${unasked} labelled without text. Positive class: "${positive}".`,
  );
  if (joined > 0) {
    lines.push(
      ...wrapText(
        `${countOf(joined, 'label')} joined. Rows that were chosen for review are no fair sample: the figures hold for them, not for the whole table.`,
      ),
    );
  }
  for (const rater of evaluation.raters) {
    lines.push('', ...renderRater(rater, evaluation.bootstrap.level));
    if (options.sweep === true) lines.push(...renderSweep(rater));
  }
  const few = fewRowsCaution(labelled);
  if (few !== undefined) lines.push('', ...wrapText(`warning: ${few}`));
  const flat = flatIntervalCaution(evaluation);
  if (flat !== undefined) lines.push('', ...wrapText(flat));
  if (evaluation.tests.length > 0) lines.push('', ...renderTests(evaluation));
  return `${lines.join('\n')}\n`;
}

function renderRater(rater: RaterEvaluation, level: number): string[] {
  const overall = rater.metrics.find((row) => row.tag === OVERALL)!;
  const interval = (name: string, found: Interval | null) =>
    found === null ? [] : [`${name} ${formatValue(found.low)} to ${formatValue(found.high)}`];
  const { intervals } = overall;
  const facts = [
    ...interval('precision', intervals.precision),
    ...interval('recall', intervals.recall),
    ...interval('F1', intervals.f1),
    ...interval('accuracy', intervals.accuracy),
    ...(rater.kappa.value === null ? [] : interval('kappa', toInterval(rater.kappa))),
  ];
  const failed = rater.kind === 'ensemble' ? 'without a vote or left open' : 'failed';
  const lines = [
    rater.name,
    ...alignColumns([
      ['tag', 'prec', 'recall', 'F1', 'support', 'TP', 'FP', 'FN', 'TN', 'acc'],
      ...rater.metrics.map(tableRow),
    ]),
    ...wrapText(
      `kappa ${formatValue(rater.kappa.value)}; ${rater.failed} of ${countOf(rater.rows, 'row')} ${failed} (${formatShare(rater.errorRate)}), counted as wrong`,
      '  ',
    ),
  ];
  if (facts.length > 0) {
    lines.push(...wrapText(`${Math.round(100 * level)}% intervals, overall: ${facts.join(', ')}`, '  '));
  }
  // The margin of a few votes has too few values for a curve.
  if (rater.kind === 'model' && rater.averagePrecision.value !== null) {
    const best =
      rater.best === null
        ? ''
        : `; best F1 ${formatValue(rater.best.f1)} when flagged from ${formatValue(rater.best.threshold)} on`;
    const area = formatInterval(rater.averagePrecision);
    lines.push(
      ...wrapText(
        `precision-recall area ${formatValue(rater.averagePrecision.value)}${area === '' ? '' : ` (${area})`}${best}`,
        '  ',
      ),
    );
  }
  return lines;
}

function toInterval({ low, high }: { low: number | null; high: number | null }): Interval | null {
  return low === null || high === null ? null : { low, high };
}

function tableRow(row: MetricsRow): string[] {
  return [
    row.tag,
    formatValue(row.precision),
    formatValue(row.recall),
    formatValue(row.f1),
    String(row.support),
    String(row.tp),
    String(row.fp),
    String(row.fn),
    String(row.tn),
    formatValue(row.accuracy),
  ];
}

function renderSweep(rater: RaterEvaluation): string[] {
  if (rater.sweep.length === 0) return [];
  return [
    '',
    ...alignColumns([
      ['flagged from', 'prec', 'recall', 'F1', 'TP', 'FP', 'FN', 'TN'],
      ...rater.sweep.map((point) => [
        formatValue(point.threshold),
        formatValue(point.precision),
        formatValue(point.recall),
        formatValue(point.f1),
        ...[point.tp, point.fp, point.fn, point.tn].map(String),
      ]),
    ]),
  ];
}

function renderTests({ tests }: Evaluation): string[] {
  return [
    "McNemar's test: are their errors equally many?",
    ...alignColumns([
      ['pair', 'only 1st right', 'only 2nd right', 'exact p', 'chi2 p'],
      ...tests.map((test) => [
        `${shorten(test.first, 12)} / ${shorten(test.second, 12)}`,
        String(test.onlyFirst),
        String(test.onlySecond),
        formatP(test.exactP),
        formatP(test.correctedP),
      ]),
    ]),
  ];
}

function formatP(value: number | null): string {
  if (value === null) return '-';
  return value < 0.0001 ? '<0.0001' : value.toFixed(4);
}
