import { cohenKappa } from '../stats/agreement.js';
import { bootstrapIntervals, type Interval } from '../stats/bootstrap.js';
import { type Calibration, calibration } from '../stats/calibration.js';
import { type ClassMetrics, classMetrics, confusion } from '../stats/confusion.js';
import { type McNemar, mcNemar } from '../stats/mcnemar.js';
import {
  type CurvePoint,
  curveOfWeights,
  precisionAtRecalls,
  type ScoredPatterns,
  scoredPatterns,
} from '../stats/precision-recall-curve.js';
import { groupEqual } from '../stats/ratings.js';
import { bestByF1, type SweepPoint, thresholdSweep } from '../stats/threshold-sweep.js';
import { type Estimate, estimate, UNDEFINED } from './compare-raters.js';
import { type Rater, type Results, UNASKED } from './read-results.js';

/** One line of the users' table. A failed row is a wrong answer: FN where the row is positive, else FP. */
export interface MetricsRow extends ClassMetrics {
  /** A tag, or `overall` for the label. */
  readonly tag: string;
  /** Labelled rows, failed ones included. */
  readonly rows: number;
  readonly failed: number;
  readonly intervals: {
    readonly precision: Interval | null;
    readonly recall: Interval | null;
    readonly f1: Interval | null;
    readonly accuracy: Interval | null;
  };
}

export interface RaterEvaluation {
  readonly name: string;
  readonly kind: 'model' | 'ensemble';
  /** Labelled rows that the rater was asked about. */
  readonly rows: number;
  /** Of these, rows without a label of the rater: failed answers, and open ties of the ensemble. */
  readonly failed: number;
  /** failed / rows */
  readonly errorRate: number | null;
  /** Tags in the rubric's order, then `overall`. */
  readonly metrics: readonly MetricsRow[];
  /** Cohen's kappa with the human labels; a failed row is a disagreement. */
  readonly kappa: Estimate;
  /** Area under the precision-recall curve as average precision. Undefined without confidences. */
  readonly averagePrecision: Estimate;
  readonly curve: readonly CurvePoint[];
  /** Where the curve lies in the resamples, at recall 0.02, 0.04, ... 1, as far as it and most of them reach. */
  readonly band: readonly BandPoint[];
  /** What flagging by the probability of the positive class would give, at 0.05, 0.10, ... 0.95. */
  readonly sweep: readonly SweepPoint[];
  readonly best: SweepPoint | null;
  readonly calibration: Calibration | null;
}

/** Interval of the precision at one recall. */
export interface BandPoint extends Interval {
  readonly recall: number;
}

export interface RaterTest extends McNemar {
  readonly first: string;
  readonly second: string;
  /** Labelled rows that both were asked about. */
  readonly rows: number;
}

export interface Evaluation {
  readonly file: string;
  readonly rows: number;
  /** Rows with a label by a person and a text. */
  readonly labelled: number;
  /** Rows without a label, and labelled rows without a text: both left out. */
  readonly unlabelled: number;
  readonly unasked: number;
  /** Labels that were joined from another file. */
  readonly joined: number;
  readonly positive: string;
  readonly raters: readonly RaterEvaluation[];
  readonly tests: readonly RaterTest[];
  readonly bootstrap: { resamples: number; level: number; seed: number };
}

export interface EvaluateOptions {
  readonly resamples?: number;
  readonly level?: number;
  readonly seed?: number;
}

export const OVERALL = 'overall';
const RECALLS = Array.from({ length: 50 }, (_, at) => (at + 1) / 50);
const THRESHOLDS = Array.from({ length: 19 }, (_, at) => (at + 1) / 20);
/** Draws that an interval of the area may cost; larger tables get fewer resamples. */
const MOST_DRAWS = 3e7;
const LEAST_RESAMPLES = 100;

/** Compares each rater of a scored table with the labels that people gave. */
export function evaluateRaters(results: Results, options: EvaluateOptions = {}): Evaluation {
  const { resamples = 1000, level = 0.95, seed = 1 } = options;
  const bootstrap = { resamples, level, seed };
  let [unlabelled, unasked, labelled] = [0, 0, 0];
  for (let row = 0; row < results.rows; row++) {
    if ((results.human?.[row] ?? -1) < 0) unlabelled++;
    else if (results.raters.every((rater) => rater.labels[row] === UNASKED)) unasked++;
    else labelled++;
  }
  const { raters } = results;
  const tests: RaterTest[] = [];
  raters.forEach((first, at) => {
    for (const second of raters.slice(at + 1)) tests.push(testPair(results, first, second));
  });
  return {
    file: results.file,
    rows: results.rows,
    labelled,
    unlabelled,
    unasked,
    joined: results.joined,
    positive: results.rubric.positive,
    raters: raters.map((rater) => evaluateRater(results, rater, bootstrap)),
    tests,
    bootstrap,
  };
}

/** The evaluation without what is there to draw curves, which is long. */
export function withoutCurves(evaluation: Evaluation): object {
  const raters = evaluation.raters.map(({ curve: _curve, band: _band, ...rater }) => rater);
  return { ...evaluation, raters };
}

type Bootstrap = Evaluation['bootstrap'];

function evaluateRater(results: Results, rater: Rater, bootstrap: Bootstrap): RaterEvaluation {
  const { rubric } = results;
  const positive = rubric.labels.indexOf(rubric.positive);
  const rows = labelledRows(results, rater);
  const truth = rows.map((row) => results.human![row]!);
  const said = rows.map((row) => rater.labels[row]!);
  const actual = truth.map((code) => code === positive);
  const predicted = said.map((code) => (code < 0 ? null : code === positive));
  const failed = said.filter((code) => code < 0).length;
  const tags = rubric.tags.flatMap((tag, at) => tagMetrics(results, rater, tag, at, bootstrap) ?? []);
  const overall = metricsRow(OVERALL, actual, predicted, bootstrap);
  const scores = scoresOf(results, rater, rows, said, positive);
  const patterns = scores === null ? null : scoredPatterns(actual, scores);
  const { area, band } = patterns === null ? { area: UNDEFINED, band: [] } : areaOf(patterns, bootstrap);
  const sweep = scores === null ? [] : thresholdSweep(actual, scores, THRESHOLDS);
  const right = said.map((code, at) => code === truth[at]);
  const confidence = rows.map((row, at) => (said[at]! < 0 ? null : numberOrNull(rater.confidence?.[row])));
  return {
    name: rater.name,
    kind: rater.kind,
    rows: rows.length,
    failed,
    errorRate: rows.length === 0 ? null : failed / rows.length,
    metrics: [...tags, overall],
    kappa: kappaOf(truth, said, bootstrap),
    averagePrecision: area,
    curve: patterns === null ? [] : curveOfWeights(patterns, patterns.weights).points,
    band,
    sweep,
    best: bestByF1(sweep),
    calibration: scores === null ? null : calibration(confidence, right),
  };
}

function labelledRows(results: Results, rater: Rater): number[] {
  const rows: number[] = [];
  for (let row = 0; row < results.rows; row++) {
    if (results.human !== null && results.human[row]! >= 0 && rater.labels[row] !== UNASKED) rows.push(row);
  }
  return rows;
}

function tagMetrics(
  results: Results,
  rater: Rater,
  name: string,
  tag: number,
  bootstrap: Bootstrap,
): MetricsRow | undefined {
  const given = results.humanTags[tag];
  if (given === null || given === undefined || rater.tags === null) return undefined;
  const actual: boolean[] = [];
  const predicted: (boolean | null)[] = [];
  for (let row = 0; row < results.rows; row++) {
    if (given[row]! < 0 || rater.labels[row] === UNASKED) continue;
    actual.push(given[row] === 1);
    const mask = rater.tags[row]!;
    predicted.push(mask < 0 ? null : (mask & (1 << tag)) !== 0);
  }
  return metricsRow(name, actual, predicted, bootstrap);
}

function metricsRow(
  tag: string,
  actual: readonly boolean[],
  predicted: readonly (boolean | null)[],
  bootstrap: Bootstrap,
): MetricsRow {
  const { firstRows, weights } = groupEqual(actual.map((positive, row) => `${positive} ${predicted[row]}`));
  const kinds = firstRows.map((row) => actual[row]!);
  const answers = firstRows.map((row) => predicted[row]!);
  const [precision, recall, f1, accuracy] = bootstrapIntervals(
    weights,
    (drawn) => {
      const drawnMetrics = classMetrics(confusion(kinds, answers, drawn));
      return [drawnMetrics.precision, drawnMetrics.recall, drawnMetrics.f1, drawnMetrics.accuracy];
    },
    bootstrap,
  );
  const metrics = classMetrics(confusion(actual, predicted));
  // A value that is not defined has no interval, however often a resample had one.
  const shown = (value: number | null, interval: Interval | null | undefined) =>
    value === null ? null : (interval ?? null);
  return {
    tag,
    rows: actual.length,
    failed: predicted.filter((said) => said === null).length,
    ...metrics,
    intervals: {
      precision: shown(metrics.precision, precision),
      recall: shown(metrics.recall, recall),
      f1: shown(metrics.f1, f1),
      accuracy: shown(metrics.accuracy, accuracy),
    },
  };
}

function kappaOf(truth: readonly number[], said: readonly number[], bootstrap: Bootstrap): Estimate {
  const { firstRows, weights } = groupEqual(truth.map((code, row) => `${code} ${Math.max(-1, said[row]!)}`));
  const units = firstRows.map((row) => [String(truth[row]!), String(Math.max(-1, said[row]!))]);
  return estimate(weights, (drawn) => [cohenKappa({ units, weights: drawn })], bootstrap)[0]!;
}

/**
 * How probable the positive class is by the rater's confidence in its own label. With more than two labels what is left
 * is shared out equally. Null for a rater that never says how sure it is.
 */
function scoresOf(
  results: Results,
  rater: Rater,
  rows: readonly number[],
  said: readonly number[],
  positive: number,
): (number | null)[] | null {
  const { labels } = results.rubric;
  const { confidence } = rater;
  // The margin of an ensemble is a probability only between two labels.
  if (confidence === null || labels.length < 2 || (rater.kind === 'ensemble' && labels.length > 2))
    return null;
  const scores = rows.map((row, at) => {
    const value = numberOrNull(confidence[row]);
    if (value === null || said[at]! < 0) return null;
    // Rounded, so that 1 - 0.55 is 0.45 and meets a threshold of 0.45.
    return said[at] === positive ? value : Number(((1 - value) / (labels.length - 1)).toFixed(12));
  });
  return scores.some((score) => score !== null) ? scores : null;
}

function numberOrNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

function areaOf(
  patterns: ScoredPatterns,
  bootstrap: Bootstrap,
): { area: Estimate; band: readonly BandPoint[] } {
  const rows = patterns.weights.reduce((sum, weight) => sum + weight, 0);
  const affordable = Math.max(LEAST_RESAMPLES, Math.floor(MOST_DRAWS / Math.max(1, rows)));
  const [area, ...precisions] = estimate(
    patterns.weights,
    (drawn) => {
      const { averagePrecision, precisions } = precisionAtRecalls(patterns, drawn, RECALLS);
      return [averagePrecision, ...precisions];
    },
    { ...bootstrap, resamples: Math.min(bootstrap.resamples, affordable) },
  );
  const band = precisions.flatMap(({ low, high }, at) =>
    low === null || high === null ? [] : [{ recall: RECALLS[at]!, low, high }],
  );
  return { area: area!, band };
}

function testPair(results: Results, first: Rater, second: Rater): RaterTest {
  const positive = results.rubric.labels.indexOf(results.rubric.positive);
  const rows = labelledRows(results, first).filter((row) => second.labels[row] !== UNASKED);
  const right = (rater: Rater) =>
    rows.map((row) => {
      const code = rater.labels[row]!;
      return code >= 0 && (code === positive) === (results.human![row] === positive);
    });
  return {
    first: first.name,
    second: second.name,
    rows: rows.length,
    ...mcNemar(right(first), right(second)),
  };
}
