import { stringify } from 'csv-stringify/sync';
import type { Evaluation } from './evaluate-raters.js';

const HEADER = [
  'model',
  'tag',
  'precision',
  'recall',
  'f1',
  'support',
  'TP',
  'FP',
  'FN',
  'TN',
  'accuracy',
  'rows',
  'failed',
  ...['precision', 'recall', 'f1', 'accuracy'].flatMap((name) => [`${name}_low`, `${name}_high`]),
];

/** The users' table: one line per model and tag, and one `overall`. Undefined values are empty cells. */
export function metricsCsv(evaluation: Evaluation): string {
  const number = (value: number | null | undefined) =>
    value === null || value === undefined ? '' : String(Number(value.toFixed(6)));
  const lines = evaluation.raters.flatMap((rater) =>
    rater.metrics.map((row) => [
      rater.name,
      row.tag,
      ...[row.precision, row.recall, row.f1, row.support, row.tp, row.fp, row.fn, row.tn, row.accuracy].map(
        number,
      ),
      String(row.rows),
      String(row.failed),
      ...(['precision', 'recall', 'f1', 'accuracy'] as const).flatMap((name) => {
        const interval = row.intervals[name];
        return [number(interval?.low), number(interval?.high)];
      }),
    ]),
  );
  return stringify([HEADER, ...lines]);
}
