/** What the raters said of one row: the index of a label each, -1 for none. */
export type Votes = ArrayLike<number>;

export interface Verdict {
  /** Index of the winning label; null for a tie, or when nobody voted. */
  readonly label: number | null;
  /** The labels with the highest score; more than one in a tie, none when nobody voted. */
  readonly leaders: readonly number[];
  /** Share of the winner less that of the second, 0 (tie) to 1 (unanimous); null when nobody voted. */
  readonly margin: number | null;
}

/** Scores that differ by less than this are a tie: sums in another order must not break one. */
const TIE = 1e-9;

/** The highest of the scores, each in relation to their sum. Scores are not negative. */
export function verdict(scores: ArrayLike<number>): Verdict {
  let total = 0;
  for (let label = 0; label < scores.length; label++) total += scores[label]!;
  if (total <= 0) return { label: null, leaders: [], margin: null };
  const shares = Array.from(scores, (score) => score / total);
  const best = Math.max(...shares);
  const leaders = [...shares.keys()].filter((label) => best - shares[label]! < TIE);
  if (leaders.length > 1) return { label: null, leaders, margin: 0 };
  const second = Math.max(0, ...shares.filter((_, label) => label !== leaders[0]));
  return { label: leaders[0]!, leaders, margin: best - second };
}

/** One vote each. @returns the number of votes for each label */
export function countVotes(votes: Votes, labels: number): Float64Array {
  return weighVotes(votes, labels, () => 1);
}

/** A vote counts as much as its rater's weight says. @returns the sum of weights for each label */
export function weighVotes(votes: Votes, labels: number, weightOf: (rater: number) => number): Float64Array {
  const scores = new Float64Array(labels);
  for (let rater = 0; rater < votes.length; rater++) {
    const label = votes[rater]!;
    if (label >= 0) scores[label] = scores[label]! + weightOf(rater);
  }
  return scores;
}

/**
 * The weight that makes a vote of independent raters of known accuracy best: log(p (k - 1) / (1 - p)), which for two
 * labels is the log-odds (Nitzan and Paroush 1982). Accuracy is smoothed as (right + 1) / (rows + 2), so that it is never
 * 0 or 1; a rater no better than guessing weighs nothing rather than against its own vote.
 */
export function accuracyWeight(right: number, rows: number, labels: number): number {
  const accuracy = (right + 1) / (rows + 2);
  return Math.max(0, Math.log((accuracy * Math.max(1, labels - 1)) / (1 - accuracy)));
}
