export interface CurvePoint {
  /** Rows with at least this score are called positive. */
  readonly threshold: number;
  readonly precision: number;
  readonly recall: number;
  readonly tp: number;
  readonly fp: number;
}

export interface PrecisionRecallCurve {
  /** One point per distinct score, from the highest threshold to the lowest. */
  readonly points: readonly CurvePoint[];
  /** Sum over points of (recall - recall before) x precision, without interpolation; null without a positive row. */
  readonly averagePrecision: number | null;
}

/** Rows of one score and truth, made ready for many sets of weights, as resampling needs it. */
export interface ScoredPatterns {
  /** Falling; null, for rows without a score, stands last. */
  readonly scores: readonly (number | null)[];
  readonly actual: readonly boolean[];
  /** How many rows each pattern has. */
  readonly weights: readonly number[];
}

/**
 * @param scores how sure the model is that the row is positive; null: no score, never called positive, yet its
 *   positive rows stay in the recall's denominator
 */
export function precisionRecallCurve(
  actual: readonly boolean[],
  scores: readonly (number | null)[],
): PrecisionRecallCurve {
  const patterns = scoredPatterns(actual, scores);
  return curveOfWeights(patterns, patterns.weights);
}

export function scoredPatterns(
  actual: readonly boolean[],
  scores: readonly (number | null)[],
): ScoredPatterns {
  const rank = (score: number | null) => score ?? Number.NEGATIVE_INFINITY;
  const order = [...scores.keys()].sort(
    (a, b) => rank(scores[b]!) - rank(scores[a]!) || Number(actual[b]) - Number(actual[a]),
  );
  const patterns = { scores: [] as (number | null)[], actual: [] as boolean[], weights: [] as number[] };
  let before: number | undefined;
  for (const row of order) {
    if (before !== undefined && scores[row] === scores[before] && actual[row] === actual[before]) {
      patterns.weights[patterns.weights.length - 1]!++;
    } else {
      patterns.scores.push(scores[row]!);
      patterns.actual.push(actual[row]!);
      patterns.weights.push(1);
    }
    before = row;
  }
  return patterns;
}

export function curveOfWeights(patterns: ScoredPatterns, weights: ArrayLike<number>): PrecisionRecallCurve {
  const points: CurvePoint[] = [];
  const averagePrecision = walk(patterns, weights, (threshold, precision, recall, tp, fp) => {
    points.push({ threshold, precision, recall, tp, fp });
  });
  return { points, averagePrecision };
}

/**
 * The area and the precision at each recall, for resampling: the precision of the highest threshold that reaches the recall,
 * as the steps of the area have it; null for a recall that no threshold reaches.
 * @param recalls rising
 */
export function precisionAtRecalls(
  patterns: ScoredPatterns,
  weights: ArrayLike<number>,
  recalls: readonly number[],
): { averagePrecision: number | null; precisions: (number | null)[] } {
  const precisions: (number | null)[] = recalls.map(() => null);
  let next = 0;
  const averagePrecision = walk(patterns, weights, (_threshold, precision, recall) => {
    while (next < recalls.length && recall >= recalls[next]!) precisions[next++] = precision;
  });
  return { averagePrecision, precisions };
}

function walk(
  patterns: ScoredPatterns,
  weights: ArrayLike<number>,
  onPoint: (threshold: number, precision: number, recall: number, tp: number, fp: number) => void,
): number | null {
  const { scores, actual } = patterns;
  let positives = 0;
  for (let at = 0; at < actual.length; at++) if (actual[at]) positives += weights[at]!;
  let [tp, fp] = [0, 0];
  let area = 0;
  let before = 0;
  for (let at = 0; at < scores.length; at++) {
    const threshold = scores[at]!;
    if (threshold === null) break;
    if (actual[at]) tp += weights[at]!;
    else fp += weights[at]!;
    if (scores[at + 1] === threshold || tp + fp === 0) continue;
    const precision = tp / (tp + fp);
    const recall = positives === 0 ? 0 : tp / positives;
    area += (recall - before) * precision;
    before = recall;
    onPoint(threshold, precision, recall, tp, fp);
  }
  return positives === 0 ? null : area;
}
