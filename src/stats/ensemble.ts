import { dawidSkene } from './dawid-skene.js';
import { accuracyWeight, countVotes, type Verdict, verdict, weighVotes } from './votes.js';

export const ENSEMBLE_METHODS = ['majority', 'weighted', 'dawid-skene'] as const;
export type EnsembleMethod = (typeof ENSEMBLE_METHODS)[number];

/** What a tie becomes: no label, the positive class, or the label of the most confident of the tied raters. */
export const TIE_RULES = ['abstain', 'positive', 'confident'] as const;
export type TieRule = (typeof TIE_RULES)[number];

/** One rater's votes over all rows. */
export interface VoterColumn {
  /** Index of the label; negative where the rater gave none. */
  readonly labels: ArrayLike<number>;
  /** In [0, 1]; NaN where unknown. Null when the rater never says. */
  readonly confidence: ArrayLike<number> | null;
}

export interface EnsembleInput {
  readonly rows: number;
  readonly voters: readonly VoterColumn[];
  /** Number of labels. */
  readonly labels: number;
  /** Index of the positive class; -1 when it is none of the labels. */
  readonly positive: number;
  /** True labels where people gave them, negative elsewhere; null without any. Only `weighted` looks at them. */
  readonly human: ArrayLike<number> | null;
}

export interface Decision {
  /** Index of the label; null for an undecided tie, or when nobody voted. */
  readonly label: number | null;
  /** Share of the winner less that of the second, 0 to 1; null when nobody voted. */
  readonly margin: number | null;
  /** Votes for each label. */
  readonly counts: Float64Array;
  /** Raters without a vote. */
  readonly missing: number;
}

/**
 * Makes one label of several raters' labels.
 *
 * - `majority`: each vote counts the same.
 * - `weighted`: a vote weighs what its rater's accuracy on the human labels is worth (see {@link accuracyWeight}). On a
 *   labelled row that row itself is left out of the count, so that the ensemble can be evaluated on the same labels.
 *   Without human labels a vote weighs its confidence.
 * - `dawid-skene`: see {@link dawidSkene}; shares are posterior probabilities.
 * @returns what is decided for a row, by its 0-based index
 */
export function fitEnsemble(
  input: EnsembleInput,
  method: EnsembleMethod,
  ties: TieRule = 'abstain',
): (row: number) => Decision {
  const votesOf = (row: number) => Int16Array.from(input.voters, (voter) => voter.labels[row]!);
  const scoresOf = scorer(input, method, votesOf);
  return (row) => {
    const votes = votesOf(row);
    const counts = countVotes(votes, input.labels);
    let missing = 0;
    for (const vote of votes) if (vote < 0) missing++;
    let found = verdict(scoresOf(row, votes));
    // Raters that weigh nothing still voted.
    if (found.margin === null) found = verdict(counts);
    return { label: found.label ?? breakTie(input, ties, found, row), margin: found.margin, counts, missing };
  };
}

function scorer(
  input: EnsembleInput,
  method: EnsembleMethod,
  votesOf: (row: number) => Int16Array,
): (row: number, votes: Int16Array) => Float64Array {
  const { labels, rows, voters, human } = input;
  if (method === 'majority') return (_row, votes) => countVotes(votes, labels);
  if (method === 'dawid-skene') {
    const places = new Map<string, number>();
    const patterns: Int16Array[] = [];
    const weights: number[] = [];
    for (let row = 0; row < rows; row++) {
      const votes = votesOf(row);
      const key = votes.join();
      const place = places.get(key);
      if (place === undefined) {
        places.set(key, patterns.push(votes) - 1);
        weights.push(1);
      } else weights[place]!++;
    }
    const { posteriors } = dawidSkene(patterns, weights, labels);
    return (_row, votes) => posteriors[places.get(votes.join())!] ?? new Float64Array(labels);
  }
  const right = new Float64Array(voters.length);
  const seen = new Float64Array(voters.length);
  for (let row = 0; row < rows; row++) {
    if (human === null || human[row]! < 0) continue;
    voters.forEach((voter, at) => {
      if (voter.labels[row]! < 0) return;
      seen[at]!++;
      if (voter.labels[row] === human[row]) right[at]!++;
    });
  }
  if (!seen.some((count) => count > 0)) {
    return (row, votes) => weighVotes(votes, labels, (at) => confidenceOf(voters[at]!, row) ?? 1 / labels);
  }
  return (row, votes) =>
    weighVotes(votes, labels, (at) => {
      const own = human !== null && human[row]! >= 0 && votes[at]! >= 0;
      const ownRight = own && votes[at] === human[row];
      return accuracyWeight(right[at]! - Number(ownRight), seen[at]! - Number(own), labels);
    });
}

function confidenceOf(voter: VoterColumn, row: number): number | null {
  const value = voter.confidence?.[row];
  return value === undefined || Number.isNaN(value) ? null : value;
}

function breakTie(input: EnsembleInput, ties: TieRule, found: Verdict, row: number): number | null {
  if (ties === 'abstain' || found.leaders.length === 0) return null;
  if (ties === 'positive') return found.leaders.includes(input.positive) ? input.positive : null;
  let best = { label: null as number | null, confidence: Number.NEGATIVE_INFINITY };
  for (const voter of input.voters) {
    const label = voter.labels[row]!;
    const confidence = confidenceOf(voter, row);
    if (confidence === null || !found.leaders.includes(label)) continue;
    if (confidence > best.confidence) best = { label, confidence };
    // Equally sure of different labels: still a tie.
    else if (confidence === best.confidence && label !== best.label) best = { label: null, confidence };
  }
  return best.label;
}
