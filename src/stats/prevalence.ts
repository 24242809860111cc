import { type RatedUnits, weightOf } from './ratings.js';

/** From this share of one label on, raw agreement says little: raters who never look agree on 0.82 of the rows. */
export const MISLEADING_SHARE = 0.9;

export interface Prevalence {
  readonly label: string;
  /** Share of all given labels, over all raters. */
  readonly share: number;
  /** Raw agreement would look good whatever the raters did. */
  readonly misleading: boolean;
}

/** The most frequent label (the first met, of equals); null when no label was given. */
export function prevalence(rated: RatedUnits): Prevalence | null {
  const counts = new Map<string, number>();
  let total = 0;
  rated.units.forEach((unit, index) => {
    for (const label of unit) {
      if (label === null) continue;
      counts.set(label, (counts.get(label) ?? 0) + weightOf(rated, index));
      total += weightOf(rated, index);
    }
  });
  let best: [string, number] | undefined;
  for (const entry of counts) if (best === undefined || entry[1] > best[1]) best = entry;
  if (best === undefined || total === 0) return null;
  const share = best[1] / total;
  return { label: best[0], share, misleading: share >= MISLEADING_SHARE };
}
