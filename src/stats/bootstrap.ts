import { drawBinomial } from './binomial.js';
import { type Random, seededRandom } from './random.js';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** Default 1000. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly level?: number;
  /** Default 1. */
  readonly seed?: number;
}

/** From so many rows a pattern on, a resample is drawn pattern by pattern instead of row by row. */
const ROWS_PER_PATTERN = 64;

/**
 * Percentile bootstrap (Efron 1979) of several statistics at once, over rows drawn with replacement.
 * Equal rows are given as one pattern with a weight, which is what makes it quick: a statistic sees weights only.
 * @param weights how often each pattern occurs (whole numbers)
 * @param statistics from one weight per pattern to one number per statistic; null where it is not defined
 * @returns one interval per statistic; null when there are no rows or the statistic is undefined in half the resamples
 */
export function bootstrapIntervals(
  weights: ArrayLike<number>,
  statistics: (weights: Float64Array) => readonly (number | null)[],
  options: BootstrapOptions = {},
): (Interval | null)[] {
  const { resamples = 1000, level = 0.95, seed = 1 } = options;
  const width = statistics(Float64Array.from(weights)).length;
  const values: number[][] = Array.from({ length: width }, () => []);
  const random = seededRandom(seed);
  const resample = resampler(weights, random);
  if (resample === null) return values.map(() => null);
  for (let sample = 0; sample < resamples; sample++) {
    statistics(resample()).forEach((value, index) => {
      if (value !== null) values[index]!.push(value);
    });
  }
  const tail = (1 - level) / 2;
  return values.map((defined) => {
    if (defined.length * 2 <= resamples) return null;
    const sorted = Float64Array.from(defined).sort();
    return { low: quantile(sorted, tail), high: quantile(sorted, 1 - tail) };
  });
}

/** Draws new weights of the same sum, in the same array each time; null without rows. */
export function resampler(weights: ArrayLike<number>, random: Random): (() => Float64Array) | null {
  let rows = 0;
  for (let i = 0; i < weights.length; i++) rows += weights[i]!;
  if (rows === 0) return null;
  const drawn = new Float64Array(weights.length);
  if (rows > ROWS_PER_PATTERN * weights.length) {
    return () => drawMultinomial(random, weights, rows, drawn);
  }
  const patternOfRow = expand(weights, rows);
  return () => {
    drawn.fill(0);
    for (let i = 0; i < rows; i++) {
      const pattern = patternOfRow[Math.floor(random() * rows)]!;
      drawn[pattern] = drawn[pattern]! + 1;
    }
    return drawn;
  };
}

function drawMultinomial(
  random: Random,
  weights: ArrayLike<number>,
  rows: number,
  drawn: Float64Array,
): Float64Array {
  let rowsLeft = rows;
  let weightLeft = rows;
  for (let i = 0; i < weights.length; i++) {
    const count = drawBinomial(random, rowsLeft, weights[i]! / weightLeft);
    drawn[i] = count;
    rowsLeft -= count;
    weightLeft -= weights[i]!;
  }
  return drawn;
}

function expand(weights: ArrayLike<number>, rows: number): Int32Array {
  const patternOfRow = new Int32Array(rows);
  let at = 0;
  for (let i = 0; i < weights.length; i++) {
    patternOfRow.fill(i, at, at + weights[i]!);
    at += weights[i]!;
  }
  return patternOfRow;
}

/** Linear interpolation between order statistics, as numpy's default. `ascending` must not be empty. */
export function quantile(ascending: ArrayLike<number>, probability: number): number {
  const position = probability * (ascending.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, ascending.length - 1);
  return ascending[below]! + (ascending[above]! - ascending[below]!) * (position - below);
}
