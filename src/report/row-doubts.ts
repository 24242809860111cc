import type { Rater, Results } from './read-results.js';
import { MISSING, UNASKED } from './read-results.js';

/** Why a row may deserve a person's look. Each number is 0 (no reason) to 1. */
export interface RowDoubt {
  /** Share of the pairs of models with a label whose labels differ. */
  readonly disagreement: number;
  /** Mean Jaccard distance of the tags over the pairs of models. */
  readonly tagDistance: number;
  /** Share of the models that were asked and gave no label. */
  readonly failed: number;
  /** 1 less the lowest confidence, taken from chance (0) to certainty (1). 0 where nobody said. */
  readonly unsure: number;
}

/** What the models, not the ensemble, leave open about a row; null when no model was asked. */
export function doubtOf(results: Results, row: number): RowDoubt | null {
  const asked = models(results).filter((rater) => rater.labels[row] !== UNASKED);
  if (asked.length === 0) return null;
  const answered = asked.filter((rater) => rater.labels[row]! >= 0);
  let [pairs, apart, tagPairs, tagDistance] = [0, 0, 0, 0];
  let lowest = 1;
  answered.forEach((first, place) => {
    const confidence = first.confidence?.[row];
    if (confidence !== undefined && confidence < lowest) lowest = confidence;
    for (const second of answered.slice(place + 1)) {
      pairs++;
      if (first.labels[row] !== second.labels[row]) apart++;
      const [a, b] = [first.tags?.[row] ?? MISSING, second.tags?.[row] ?? MISSING];
      if (a < 0 || b < 0) continue;
      tagPairs++;
      tagDistance += maskDistance(a, b);
    }
  });
  const chance = 1 / results.rubric.labels.length;
  return {
    disagreement: pairs === 0 ? 0 : apart / pairs,
    tagDistance: tagPairs === 0 ? 0 : tagDistance / tagPairs,
    failed: (asked.length - answered.length) / asked.length,
    unsure: chance === 1 ? 0 : Math.min(1, (1 - lowest) / (1 - chance)),
  };
}

export function models(results: Results): readonly Rater[] {
  return results.raters.filter((rater) => rater.kind === 'model');
}

function maskDistance(a: number, b: number): number {
  const union = countBits(a | b);
  return union === 0 ? 0 : 1 - countBits(a & b) / union;
}

function countBits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
