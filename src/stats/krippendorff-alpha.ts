import { type RatedUnits, type Ratings, weightOf } from './ratings.js';

/** Squared difference of two values: 0 when equal, 1 when nothing is shared. */
export type Distance<T> = (a: T, b: T) => number;

export const nominalDistance: Distance<string> = (a, b) => (a === b ? 0 : 1);

/**
 * Krippendorff's alpha (2011, "Computing Krippendorff's Alpha-Reliability"), 1 - observed / expected disagreement.
 * Missing labels are allowed; a unit counts when at least two raters rated it.
 * @param distance on the values; values are told apart by `keyOf`
 * @returns null when nothing can be paired or all paired values are equal
 */
export function krippendorffAlpha<T>(
  rated: RatedUnits<T>,
  distance: Distance<T>,
  keyOf: (value: T) => string = String,
): number | null {
  const weights = Float64Array.from(rated.units, (_, unit) => weightOf(rated, unit));
  return alphaOfWeights(rated.units, distance, keyOf)(weights);
}

/** The same, made ready for many sets of weights over the same units, as resampling needs it. */
export function alphaOfWeights<T>(
  units: readonly Ratings<T>[],
  distance: Distance<T>,
  keyOf: (value: T) => string = String,
): (weights: ArrayLike<number>) => number | null {
  const indexOf = new Map<string, number>();
  const values: T[] = [];
  const given = units.map((unit) => {
    const present = unit.filter((value): value is NonNullable<typeof value> => value !== null) as T[];
    if (present.length < 2) return [];
    return present.map((value) => {
      const key = keyOf(value);
      const known = indexOf.get(key);
      if (known !== undefined) return known;
      indexOf.set(key, values.length);
      return values.push(value) - 1;
    });
  });
  const size = values.length;
  const apart = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) {
      apart[i * size + j] = distance(values[i]!, values[j]!);
      apart[j * size + i] = apart[i * size + j]!;
    }
  }
  const observedIn = given.map((indices) => {
    let sum = 0;
    for (const i of indices) for (const j of indices) sum += apart[i * size + j]!;
    return sum / (indices.length - 1);
  });
  const totals = new Float64Array(size);
  return (weights) => {
    totals.fill(0);
    let pairable = 0;
    let observed = 0;
    given.forEach((indices, unit) => {
      const weight = weights[unit]!;
      if (indices.length === 0 || weight === 0) return;
      pairable += weight * indices.length;
      observed += weight * observedIn[unit]!;
      for (const index of indices) totals[index] = totals[index]! + weight;
    });
    let expected = 0;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < i; j++) expected += 2 * totals[i]! * totals[j]! * apart[i * size + j]!;
    }
    return expected === 0 ? null : 1 - (observed * (pairable - 1)) / expected;
  };
}
