/** One unit's labels, one per rater; null where a rater gave none. */
export type Ratings<T = string> = readonly (T | null)[];

/**
 * Units that several raters labelled. Equal units may be given once, with a weight.
 * Functions over it return null where the statistic is not defined (nothing rated, or no disagreement possible).
 */
export interface RatedUnits<T = string> {
  readonly units: readonly Ratings<T>[];
  /** How often each unit occurs; all 1 when left out. */
  readonly weights?: ArrayLike<number>;
}

export function weightOf(rated: RatedUnits<unknown>, unit: number): number {
  return rated.weights === undefined ? 1 : rated.weights[unit]!;
}

/** Puts equal rows together. `keys` says which rows are equal; the order is that of first appearance. */
export function groupEqual(keys: Iterable<string>): { firstRows: number[]; weights: number[] } {
  const places = new Map<string, number>();
  const firstRows: number[] = [];
  const weights: number[] = [];
  let row = 0;
  for (const key of keys) {
    const place = places.get(key);
    if (place === undefined) {
      places.set(key, firstRows.length);
      firstRows.push(row);
      weights.push(1);
    } else {
      weights[place] = weights[place]! + 1;
    }
    row++;
  }
  return { firstRows, weights };
}
