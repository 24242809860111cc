import { type ClassMetrics, classMetrics } from './confusion.js';

export interface SweepPoint extends ClassMetrics {
  /** Rows with at least this score are called positive. */
  readonly threshold: number;
}

/**
 * What each threshold on the score would give.
 * @param scores how sure the model is that the row is positive; null: the model failed, which is a wrong answer at every
 *   threshold
 */
export function thresholdSweep(
  actual: readonly boolean[],
  scores: readonly (number | null)[],
  thresholds: readonly number[],
): SweepPoint[] {
  return thresholds.map((threshold) => {
    const counts = { tp: 0, fp: 0, fn: 0, tn: 0 };
    actual.forEach((positive, row) => {
      const score = scores[row] ?? null;
      const said = score === null ? !positive : score >= threshold;
      if (positive) counts[said ? 'tp' : 'fn']++;
      else counts[said ? 'fp' : 'tn']++;
    });
    return { threshold, ...classMetrics(counts) };
  });
}

/** The point with the highest F1, of equals the one with the highest threshold; null without a defined F1. */
export function bestByF1(points: readonly SweepPoint[]): SweepPoint | null {
  let best: SweepPoint | null = null;
  for (const point of points) {
    if (point.f1 === null) continue;
    if (best === null || point.f1 > best.f1! || (point.f1 === best.f1 && point.threshold > best.threshold)) {
      best = point;
    }
  }
  return best;
}
