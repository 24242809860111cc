import { countVotes, type Votes } from './votes.js';

/** Probabilities are kept from reaching 0, as crowd-kit does it. */
const LEAST = 1e-10;

export interface DawidSkeneOptions {
  /** Default 100. */
  readonly iterations?: number;
  /** Ends when the evidence lower bound per vote grows by less. Default 1e-5. */
  readonly tolerance?: number;
}

export interface DawidSkene {
  /** For each unit the probability of each label; null for a unit without votes. */
  readonly posteriors: readonly (Float64Array | null)[];
  readonly priors: Float64Array;
  /** `errors[rater][said * labels + truth]`: how often this rater says `said` where `truth` is true. */
  readonly errors: readonly Float64Array[];
  readonly iterations: number;
}

/**
 * Dawid and Skene (1979): what is true and how each rater errs, estimated together by expectation maximisation,
 * beginning with the shares of the votes. Needs no true labels. With two raters it has little to go by.
 * @param units votes of equal rows may be given once
 * @param weights how often each unit occurs
 */
export function dawidSkene(
  units: readonly Votes[],
  weights: ArrayLike<number>,
  labels: number,
  options: DawidSkeneOptions = {},
): DawidSkene {
  const { iterations = 100, tolerance = 1e-5 } = options;
  const raters = units[0]?.length ?? 0;
  const posteriors = units.map((votes) => {
    const counts = countVotes(votes, labels);
    const total = counts.reduce((sum, count) => sum + count, 0);
    return total === 0 ? null : counts.map((count) => count / total);
  });
  let votesCast = 0;
  units.forEach((votes, unit) => {
    votesCast += weights[unit]! * Array.from(votes).filter((label) => label >= 0).length;
  });
  let priors = meanOf(posteriors, weights, labels);
  let errors = estimateErrors(units, weights, posteriors, raters, labels);
  if (votesCast === 0) return { posteriors, priors, errors, iterations: 0 };
  let bound = Number.NEGATIVE_INFINITY;
  let done = 0;
  while (done < iterations) {
    done++;
    estimateTruth(units, posteriors, priors, errors, labels);
    priors = meanOf(posteriors, weights, labels);
    errors = estimateErrors(units, weights, posteriors, raters, labels);
    const next = lowerBound(units, weights, posteriors, priors, errors, labels) / votesCast;
    if (next - bound < tolerance) break;
    bound = next;
  }
  return { posteriors, priors, errors, iterations: done };
}

type Posteriors = readonly (Float64Array | null)[];

function meanOf(posteriors: Posteriors, weights: ArrayLike<number>, labels: number): Float64Array {
  const sums = new Float64Array(labels);
  let total = 0;
  posteriors.forEach((posterior, unit) => {
    if (posterior === null) return;
    total += weights[unit]!;
    for (let label = 0; label < labels; label++) sums[label]! += weights[unit]! * posterior[label]!;
  });
  return total === 0 ? sums : sums.map((sum) => sum / total);
}

function estimateErrors(
  units: readonly Votes[],
  weights: ArrayLike<number>,
  posteriors: Posteriors,
  raters: number,
  labels: number,
): Float64Array[] {
  const seen = Array.from({ length: raters }, () => new Uint8Array(labels));
  const errors = Array.from({ length: raters }, () => new Float64Array(labels * labels));
  units.forEach((votes, unit) => {
    const posterior = posteriors[unit];
    if (posterior === null || posterior === undefined) return;
    for (let rater = 0; rater < raters; rater++) {
      const said = votes[rater]!;
      if (said < 0) continue;
      seen[rater]![said] = 1;
      const row = errors[rater]!;
      for (let truth = 0; truth < labels; truth++) {
        row[said * labels + truth]! += weights[unit]! * posterior[truth]!;
      }
    }
  });
  errors.forEach((row, rater) => {
    for (let truth = 0; truth < labels; truth++) {
      let total = 0;
      for (let said = 0; said < labels; said++) {
        // A label that the rater never gave has no share at all.
        if (seen[rater]![said] === 0) continue;
        row[said * labels + truth] = Math.max(LEAST, row[said * labels + truth]!);
        total += row[said * labels + truth]!;
      }
      for (let said = 0; said < labels && total > 0; said++) row[said * labels + truth]! /= total;
    }
  });
  return errors;
}

function estimateTruth(
  units: readonly Votes[],
  posteriors: (Float64Array | null)[],
  priors: Float64Array,
  errors: readonly Float64Array[],
  labels: number,
): void {
  units.forEach((votes, unit) => {
    if (posteriors[unit] === null) return;
    const logs = Float64Array.from(priors, (prior) => Math.log(Math.max(LEAST, prior)));
    for (let rater = 0; rater < votes.length; rater++) {
      if (votes[rater]! < 0) continue;
      for (let truth = 0; truth < labels; truth++) {
        logs[truth]! += Math.log(errors[rater]![votes[rater]! * labels + truth]!);
      }
    }
    const most = Math.max(...logs);
    const likelihoods = logs.map((log) => Math.exp(log - most));
    const total = likelihoods.reduce((sum, value) => sum + value, 0);
    posteriors[unit] = likelihoods.map((value) => value / total);
  });
}

/** The prior stands in it once for each vote, and the entropy of a row once, as in crowd-kit; it only decides when to stop. */
function lowerBound(
  units: readonly Votes[],
  weights: ArrayLike<number>,
  posteriors: Posteriors,
  priors: Float64Array,
  errors: readonly Float64Array[],
  labels: number,
): number {
  let bound = 0;
  units.forEach((votes, unit) => {
    const posterior = posteriors[unit];
    if (posterior === null || posterior === undefined) return;
    for (let truth = 0; truth < labels; truth++) {
      const share = posterior[truth]!;
      const logPrior = Math.log(Math.max(LEAST, priors[truth]!));
      for (let rater = 0; rater < votes.length; rater++) {
        if (votes[rater]! < 0) continue;
        const error = errors[rater]![votes[rater]! * labels + truth]!;
        bound += weights[unit]! * share * (Math.log(error) + logPrior);
      }
      const clipped = Math.max(LEAST, share);
      bound -= weights[unit]! * clipped * Math.log(clipped);
    }
  });
  return bound;
}
