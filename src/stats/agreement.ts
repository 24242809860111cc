import { type RatedUnits, weightOf } from './ratings.js';

/** Share of the units rated by every rater on which all gave the same label. */
export function agreementRate(rated: RatedUnits): number | null {
  let total = 0;
  let equal = 0;
  rated.units.forEach((labels, unit) => {
    if (labels.length === 0 || labels.includes(null)) return;
    const weight = weightOf(rated, unit);
    total += weight;
    if (labels.every((label) => label === labels[0])) equal += weight;
  });
  return total === 0 ? null : equal / total;
}

/**
 * Cohen's kappa (1960) of two raters, over the units that both rated.
 * Null when both gave one and the same label throughout: chance agreement is then 1.
 */
export function cohenKappa(rated: RatedUnits, first = 0, second = 1): number | null {
  const labels = new Map<string, { first: number; second: number }>();
  const margin = (label: string) => {
    const known = labels.get(label);
    if (known !== undefined) return known;
    const fresh = { first: 0, second: 0 };
    labels.set(label, fresh);
    return fresh;
  };
  let total = 0;
  let equal = 0;
  rated.units.forEach((unit, index) => {
    const a = unit[first] ?? null;
    const b = unit[second] ?? null;
    const weight = weightOf(rated, index);
    if (a === null || b === null || weight === 0) return;
    total += weight;
    if (a === b) equal += weight;
    margin(a).first += weight;
    margin(b).second += weight;
  });
  // Numbers of rows, not shares: with one label only, the difference is exactly 0.
  let chance = 0;
  for (const counts of labels.values()) chance += counts.first * counts.second;
  const room = total * total - chance;
  return room === 0 ? null : (equal * total - chance) / room;
}

/** Fleiss' kappa (1971), over the units that every rater rated. Null for one rater or a single label. */
export function fleissKappa(rated: RatedUnits): number | null {
  const shares = new Map<string, number>();
  let total = 0;
  let agreement = 0;
  let raters = 0;
  rated.units.forEach((labels, index) => {
    const weight = weightOf(rated, index);
    if (labels.length < 2 || labels.includes(null) || weight === 0) return;
    raters = labels.length;
    const counts = new Map<string, number>();
    for (const label of labels as readonly string[]) counts.set(label, (counts.get(label) ?? 0) + 1);
    let squares = 0;
    for (const [label, count] of counts) {
      squares += count * count;
      shares.set(label, (shares.get(label) ?? 0) + weight * count);
    }
    total += weight;
    agreement += (weight * (squares - raters)) / (raters * (raters - 1));
  });
  if (total === 0 || shares.size < 2) return null;
  let chance = 0;
  for (const count of shares.values()) chance += (count / (total * raters)) ** 2;
  return (agreement / total - chance) / (1 - chance);
}
