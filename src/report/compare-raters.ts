import { agreementRate, cohenKappa, fleissKappa } from '../stats/agreement.js';
import { type BootstrapOptions, bootstrapIntervals } from '../stats/bootstrap.js';
import { alphaOfWeights, nominalDistance } from '../stats/krippendorff-alpha.js';
import { prevalence } from '../stats/prevalence.js';
import { groupEqual, type Ratings } from '../stats/ratings.js';
import { masiDistance, tagSetKey } from '../stats/set-distance.js';
import { ABSTAINED, MISSING, type Rater, type Results, UNASKED } from './read-results.js';
import { doubtOf, models } from './row-doubts.js';

/** A statistic with its interval; null where it is not defined. */
export interface Estimate {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface RaterFacts {
  readonly name: string;
  readonly kind: 'model' | 'ensemble';
  /** Rows with a label. */
  readonly answered: number;
  /** Rows that were asked and have no label. */
  readonly missing: number;
  /** Rows without a text. */
  readonly unasked: number;
  /** Open ties of the ensemble. */
  readonly abstained: number;
  /** Rows by label, and by tag. */
  readonly labels: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, number>> | null;
  readonly statuses: Readonly<Record<string, number>>;
}

export interface PairAgreement {
  readonly first: string;
  readonly second: string;
  /** Rows that both labelled. */
  readonly both: number;
  /** Rows that were asked and lack the label of one or both. */
  readonly missing: number;
  readonly agreement: Estimate;
  readonly kappa: Estimate;
}

export interface DisputedRow {
  /** 1-based data row. */
  readonly row: number;
  readonly disagreement: number;
  readonly tagDistance: number;
  /** By model; null where it gave no label. */
  readonly labels: Readonly<Record<string, string | null>>;
  readonly confidence: Readonly<Record<string, number | null>>;
}

export interface Comparison {
  readonly file: string;
  readonly rows: number;
  /** Rows that every model labelled, on which the figures over all models stand. */
  readonly complete: number;
  /** Rows that were asked and lack the label of at least one model. */
  readonly incomplete: number;
  readonly unasked: number;
  readonly raters: readonly RaterFacts[];
  readonly agreement: Estimate;
  readonly fleissKappa: Estimate;
  /** Nominal, over the labels; rows with missing labels count as far as they go. */
  readonly alpha: Estimate;
  /** With MASI distance, over the sets of tags. */
  readonly tagAlpha: Estimate;
  readonly pairs: readonly PairAgreement[];
  readonly prevalence: { label: string; share: number; chanceAgreement: number; misleading: boolean } | null;
  /** Rows on which at least two models differ. */
  readonly disputed: number;
  readonly disputedRows: readonly DisputedRow[];
  readonly bootstrap: { resamples: number; level: number; seed: number };
}

export interface CompareOptions {
  /** How many rows to list. Default 10. */
  readonly top?: number;
  /** Count the ensemble as one more rater of pairs; never in the figures over all models. Default false. */
  readonly withEnsemble?: boolean;
  readonly resamples?: number;
  readonly level?: number;
  readonly seed?: number;
}

/** Agreement between the models of a scored table, without any truth. */
export function compareRaters(results: Results, options: CompareOptions = {}): Comparison {
  const { resamples = 1000, level = 0.95, seed = 1 } = options;
  const bootstrap = { resamples, level, seed };
  const names = results.rubric.labels;
  const compared = options.withEnsemble === true ? results.raters : models(results);
  const voters = models(results).length;
  const patterns = labelPatterns(results, compared);
  const onlyModels = patterns.units.map((unit) => unit.slice(0, voters));
  const whole = { units: onlyModels, weights: patterns.weights };
  const pairs = pairsOf(compared.length);
  const alpha = alphaOfWeights(onlyModels, nominalDistance);
  const statistics = (weights: ArrayLike<number>) => [
    agreementRate({ units: onlyModels, weights }),
    fleissKappa({ units: onlyModels, weights }),
    alpha(weights),
    ...pairs.flatMap(([a, b]) => {
      const both = { units: patterns.units.map((unit) => [unit[a]!, unit[b]!]), weights };
      return [agreementRate(both), cohenKappa(both)];
    }),
  ];
  const [agreement, fleiss, alphaOfLabels, ...ofPairs] = estimate(patterns.weights, statistics, bootstrap);
  const count = (which: (unit: Ratings) => boolean) =>
    patterns.units.reduce((sum, unit, at) => sum + (which(unit) ? patterns.weights[at]! : 0), 0);
  const complete = count((unit) => !unit.slice(0, voters).includes(null));
  const asked = patterns.weights.reduce((sum, weight) => sum + weight, 0);
  const frequent = prevalence(whole);
  const disputed = disputedRows(results);
  return {
    file: results.file,
    rows: results.rows,
    complete,
    incomplete: asked - complete,
    unasked: results.rows - asked,
    raters: results.raters.map((rater) => factsOf(rater, results)),
    agreement: voters < 2 ? UNDEFINED : agreement!,
    fleissKappa: fleiss!,
    alpha: alphaOfLabels!,
    tagAlpha: tagAlphaOf(results, bootstrap),
    pairs: pairs.map(([a, b], at) => ({
      first: compared[a]!.name,
      second: compared[b]!.name,
      both: count((unit) => unit[a] !== null && unit[b] !== null),
      missing: count((unit) => unit[a] === null || unit[b] === null),
      agreement: ofPairs[2 * at]!,
      kappa: ofPairs[2 * at + 1]!,
    })),
    prevalence: frequent === null ? null : { ...frequent, chanceAgreement: chanceAgreement(whole, names) },
    disputed: disputed.length,
    disputedRows: disputed.slice(0, options.top ?? 10).map((row) => describeRow(results, row)),
    bootstrap,
  };
}

export const UNDEFINED: Estimate = { value: null, low: null, high: null };

/** Statistics of the rows as they are, with their intervals. */
export function estimate(
  weights: ArrayLike<number>,
  statistics: (weights: ArrayLike<number>) => readonly (number | null)[],
  bootstrap: BootstrapOptions,
): Estimate[] {
  const values = statistics(weights);
  const intervals = bootstrapIntervals(weights, statistics, bootstrap);
  return values.map((value, at) => ({
    value,
    low: value === null ? null : (intervals[at]?.low ?? null),
    high: value === null ? null : (intervals[at]?.high ?? null),
  }));
}

/** The rows that were asked, equal ones put together: labels by rater, null where there is none. */
function labelPatterns(results: Results, raters: readonly Rater[]): { units: Ratings[]; weights: number[] } {
  const rows: number[] = [];
  for (let row = 0; row < results.rows; row++) {
    if (!models(results).every((rater) => rater.labels[row] === UNASKED)) rows.push(row);
  }
  const { firstRows, weights } = groupEqual(
    rows.map((row) => raters.map((rater) => Math.max(MISSING, rater.labels[row]!)).join()),
  );
  const nameOf = (code: number) => (code < 0 ? null : results.rubric.labels[code]!);
  const units = firstRows.map((at) => raters.map((rater) => nameOf(rater.labels[rows[at]!]!)));
  return { units, weights };
}

function pairsOf(count: number): [number, number][] {
  const pairs: [number, number][] = [];
  for (let a = 0; a < count; a++) for (let b = a + 1; b < count; b++) pairs.push([a, b]);
  return pairs;
}

function tagAlphaOf(results: Results, bootstrap: BootstrapOptions): Estimate {
  const raters = models(results).filter((rater) => rater.tags !== null);
  if (raters.length < 2) return UNDEFINED;
  const keys = function* () {
    for (let row = 0; row < results.rows; row++) yield raters.map((rater) => rater.tags![row]).join();
  };
  const { firstRows, weights } = groupEqual(keys());
  const units = firstRows.map((row) => raters.map((rater) => tagsOf(results, rater.tags![row]!)));
  const alpha = alphaOfWeights(units, masiDistance, tagSetKey);
  return estimate(weights, (drawn) => [alpha(drawn)], bootstrap)[0]!;
}

function tagsOf(results: Results, mask: number): readonly string[] | null {
  return mask < 0 ? null : results.rubric.tags.filter((_, tag) => (mask & (1 << tag)) !== 0);
}

/** How often two raters would agree who give labels in these shares and never look. */
function chanceAgreement(
  rated: { units: readonly Ratings[]; weights: readonly number[] },
  labels: readonly string[],
): number {
  const counts = labels.map((label) =>
    rated.units.reduce(
      (sum, unit, at) => sum + rated.weights[at]! * unit.filter((each) => each === label).length,
      0,
    ),
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count) => sum + (count / total) ** 2, 0);
}

function factsOf(rater: Rater, results: Results): RaterFacts {
  const counts = new Map<number, number>();
  for (const code of rater.labels) counts.set(code, (counts.get(code) ?? 0) + 1);
  const of = (code: number) => counts.get(code) ?? 0;
  const { labels, tags } = results.rubric;
  const missing = of(MISSING);
  const masks = rater.tags;
  const tagCount = (tag: number) =>
    masks === null ? 0 : masks.reduce((sum, mask) => sum + (mask > 0 && mask & (1 << tag) ? 1 : 0), 0);
  return {
    name: rater.name,
    kind: rater.kind,
    answered: results.rows - missing - of(UNASKED) - of(ABSTAINED),
    missing,
    unasked: of(UNASKED),
    abstained: of(ABSTAINED),
    labels: Object.fromEntries(labels.map((label, code) => [label, of(code)])),
    tags: masks === null ? null : Object.fromEntries(tags.map((tag, at) => [tag, tagCount(at)])),
    statuses: rater.statuses,
  };
}

/**
 * The rows on which models differ, 0-based: most differing pairs first, then the rows on which the models are surest (a
 * confident quarrel tells more than two guesses), then those whose tags differ most, then in the order of the table.
 */
function disputedRows(results: Results): number[] {
  const found: { row: number; disagreement: number; unsure: number; tagDistance: number }[] = [];
  for (let row = 0; row < results.rows; row++) {
    const doubt = doubtOf(results, row);
    if (doubt !== null && doubt.disagreement > 0) found.push({ row, ...doubt });
  }
  found.sort(
    (a, b) =>
      b.disagreement - a.disagreement ||
      a.unsure - b.unsure ||
      b.tagDistance - a.tagDistance ||
      a.row - b.row,
  );
  return found.map(({ row }) => row);
}

function describeRow(results: Results, row: number): DisputedRow {
  const { disagreement, tagDistance } = doubtOf(results, row)!;
  const labels: Record<string, string | null> = Object.create(null);
  const confidence: Record<string, number | null> = Object.create(null);
  for (const rater of models(results)) {
    labels[rater.name] = results.rubric.labels[rater.labels[row]!] ?? null;
    const value = rater.confidence?.[row];
    confidence[rater.name] = value === undefined || Number.isNaN(value) ? null : value;
  }
  return { row: row + 1, disagreement, tagDistance, labels, confidence };
}
