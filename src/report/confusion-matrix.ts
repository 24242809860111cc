import type { Rater, Results } from './read-results.js';
import { UNASKED } from './read-results.js';

export interface ConfusionMatrix {
  readonly labels: readonly string[];
  /** One line for each label that people gave: rows by what the rater said, in the same order. */
  readonly counts: readonly (readonly number[])[];
  /** For each label that people gave: rows without a label of the rater, failed answers and open ties. */
  readonly unanswered: readonly number[];
}

/** What people said against what one rater said, over the labelled rows it was asked about; null without labels. */
export function confusionMatrix(results: Results, rater: Rater): ConfusionMatrix | null {
  const { human, rubric } = results;
  if (human === null) return null;
  const counts = rubric.labels.map(() => rubric.labels.map(() => 0));
  const unanswered = rubric.labels.map(() => 0);
  for (let row = 0; row < results.rows; row++) {
    const truth = human[row]!;
    const said = rater.labels[row]!;
    if (truth < 0 || said === UNASKED) continue;
    if (said < 0) unanswered[truth]! += 1;
    else counts[truth]![said]! += 1;
  }
  return { labels: rubric.labels, counts, unanswered };
}
