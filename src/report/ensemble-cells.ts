import { type Decision, type EnsembleMethod, fitEnsemble, type TieRule } from '../stats/ensemble.js';
import { ABSTAINED, MISSING, type Rater, type Results, UNASKED } from './read-results.js';
import { ENSEMBLE } from './results-header.js';
import { models } from './row-doubts.js';

export interface EnsembleSettings {
  readonly method: EnsembleMethod;
  /** Default `abstain`. */
  readonly ties?: TieRule;
}

/** The values of {@link ENSEMBLE_COLUMNS}. */
export type EnsembleValues = readonly [flag: string | null, margin: number | null, votes: string | null];

/** A row without a text has no vote. */
export const NO_VOTE: EnsembleValues = [null, null, null];

/**
 * Label, `abstain` for an open tie, or null when nobody voted; margin from 0 to 1; votes such as
 * `good 1, bad 2, missing 1`.
 */
export function ensembleValues(decision: Decision, labels: readonly string[]): EnsembleValues {
  const { label, margin, counts, missing } = decision;
  const flag = label !== null ? labels[label]! : margin === null ? null : 'abstain';
  const votes = labels.flatMap((name, code) => (counts[code]! > 0 ? [`${name} ${counts[code]}`] : []));
  if (missing > 0) votes.push(`missing ${missing}`);
  return [flag, margin === null ? null : Number(margin.toFixed(6)), votes.join(', ')];
}

/** The same as cells of a table. */
export function ensembleCells(decision: Decision, labels: readonly string[]): string[] {
  return ensembleValues(decision, labels).map((value) => String(value ?? ''));
}

/** What the models of a table decide together, by 0-based row. */
export function voteOf(results: Results, settings: EnsembleSettings): (row: number) => Decision {
  const { labels, positive } = results.rubric;
  return fitEnsemble(
    {
      rows: results.rows,
      voters: models(results),
      labels: labels.length,
      positive: labels.indexOf(positive),
      human: results.human,
    },
    settings.method,
    settings.ties,
  );
}

/** Why a vote may mean little, for a person; undefined for nothing to say. */
export function voteCaution(method: EnsembleMethod, voters: number): string | undefined {
  if (method !== 'dawid-skene' || voters >= 3) return undefined;
  return `dawid-skene wants three models or more; with ${voters} it cannot tell whose error a difference is.`;
}

export function isAsked(results: Results, row: number): boolean {
  return models(results).some((rater) => rater.labels[row] !== UNASKED);
}

/** The same results with the ensemble as one more rater, in place of the one that the table may have. */
export function withEnsemble(results: Results, settings: EnsembleSettings): Results {
  const decide = voteOf(results, settings);
  const labels = new Int16Array(results.rows);
  const confidence = new Float64Array(results.rows);
  for (let row = 0; row < results.rows; row++) {
    const asked = isAsked(results, row);
    const { label, margin } = decide(row);
    labels[row] = label ?? (!asked ? UNASKED : margin === null ? MISSING : ABSTAINED);
    confidence[row] = margin === null ? Number.NaN : (1 + margin) / 2;
  }
  const ensemble: Rater = { name: ENSEMBLE, kind: 'ensemble', labels, tags: null, confidence, statuses: {} };
  return { ...results, raters: [...models(results), ensemble] };
}
