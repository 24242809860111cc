import { describe, expect, it } from 'vitest';
import { agreementRate, cohenKappa, fleissKappa } from '../../src/stats/agreement.js';
import { quantile } from '../../src/stats/bootstrap.js';
import { calibration } from '../../src/stats/calibration.js';
import { chiSquareTail } from '../../src/stats/chi-square.js';
import { classMetrics, confusion } from '../../src/stats/confusion.js';
import { dawidSkene } from '../../src/stats/dawid-skene.js';
import { krippendorffAlpha, nominalDistance } from '../../src/stats/krippendorff-alpha.js';
import { mcNemarCounts } from '../../src/stats/mcnemar.js';
import { precisionRecallCurve } from '../../src/stats/precision-recall-curve.js';
import { groupEqual } from '../../src/stats/ratings.js';
import { jaccardDistance, masiDistance, tagSetKey } from '../../src/stats/set-distance.js';
import { thresholdSweep } from '../../src/stats/threshold-sweep.js';
import { countVotes, weighVotes } from '../../src/stats/votes.js';
import { expectNear, readFixture } from './reference-values.js';

type Units = (string | null)[][];

interface AgreementCase {
  name: string;
  units: Units;
  cohen: { pair: [number, number]; kappa: number | null }[];
  fleiss: number | null;
  alpha: number | null;
}

describe('agreement, against scikit-learn, statsmodels and krippendorff', () => {
  const cases = readFixture<AgreementCase[]>('agreement');

  it.each(cases.map((each) => [each.name, each] as const))('%s', (_name, { units, cohen, fleiss, alpha }) => {
    // Equal rows put together with a weight must change nothing.
    const { firstRows, weights } = groupEqual(units.map((unit) => JSON.stringify(unit)));
    const grouped = { units: firstRows.map((row) => units[row]!), weights };
    for (const rated of [{ units }, grouped]) {
      for (const { pair, kappa } of cohen) expectNear(cohenKappa(rated, ...pair), kappa, `Cohen ${pair}`);
      expectNear(fleissKappa(rated), fleiss, 'Fleiss');
      expectNear(krippendorffAlpha(rated, nominalDistance), alpha, 'alpha');
    }
  });

  it('has cases that are undefined, perfect, and below chance', () => {
    expect(new Set(cases.map((each) => each.alpha))).toContain(null);
    expect(cases.some((each) => each.fleiss === 1)).toBe(true);
    expect(cases.some((each) => (each.alpha ?? 0) < 0)).toBe(true);
  });

  it('counts agreement over the rows that all raters rated', () => {
    const units: Units = [
      ['a', 'a'],
      ['a', 'b'],
      ['a', null],
    ];
    expect(agreementRate({ units })).toBe(0.5);
    expect(agreementRate({ units, weights: [6, 2, 9] })).toBe(0.75);
    expect(agreementRate({ units: [[null, 'a']] })).toBeNull();
  });
});

interface TagCase {
  name: string;
  units: (string[] | null)[][];
  jaccard: number | null;
  masi: number | null;
}

it.each(readFixture<TagCase[]>('tag-agreement').map((each) => [each.name, each] as const))(
  'alpha of tag sets, against krippendorff: %s',
  (_name, { units, jaccard, masi }) => {
    expectNear(krippendorffAlpha({ units }, jaccardDistance, tagSetKey), jaccard, 'Jaccard');
    expectNear(krippendorffAlpha({ units }, masiDistance, tagSetKey), masi, 'MASI');
    const turned = units.map((unit) => unit.map((tags) => tags?.toReversed() ?? null));
    expectNear(krippendorffAlpha({ units: turned }, masiDistance, tagSetKey), masi, 'another order');
  },
);

interface ClassificationCase {
  name: string;
  actual: boolean[];
  predicted: boolean[];
  scores?: number[];
  curve?: [number, number, number][];
  average_precision?: number;
  [metric: string]: unknown;
}

describe('classification, against scikit-learn', () => {
  it.each(readFixture<ClassificationCase[]>('classification').map((each) => [each.name, each] as const))(
    '%s',
    (_name, expected) => {
      const { actual, predicted, scores, curve } = expected;
      const metrics = classMetrics(confusion(actual, predicted));
      for (const key of ['tp', 'fp', 'fn', 'tn', 'precision', 'recall', 'f1', 'accuracy'] as const) {
        expectNear(metrics[key], expected[key] as number | null, key);
      }
      expect(metrics.support).toBe(actual.filter(Boolean).length);
      if (scores === undefined) return;
      const found = precisionRecallCurve(actual, scores);
      expectNear(found.averagePrecision, expected.average_precision!, 'average precision');
      expect(found.points.length).toBe(curve!.length);
      const sweep = thresholdSweep(
        actual,
        scores,
        found.points.map((point) => point.threshold),
      );
      found.points.forEach((point, at) => {
        const [threshold, precision, recall] = curve![at]!;
        expect(point.threshold).toBe(threshold);
        expectNear(point.precision, precision, `precision at ${threshold}`);
        expectNear(point.recall, recall, `recall at ${threshold}`);
        expectNear(sweep[at]!.precision, precision, `sweep at ${threshold}`);
      });
    },
  );

  it('takes a failed row for the wrong answer', () => {
    const metrics = classMetrics(confusion([true, false, true, false], [null, null, true, false]));
    expect(metrics).toMatchObject({ tp: 1, fp: 1, fn: 1, tn: 1, accuracy: 0.5 });
    expect(thresholdSweep([true, false], [null, null], [0.5])[0]).toMatchObject({ fn: 1, fp: 1 });
    const curve = precisionRecallCurve([true, true, false], [0.9, null, 0.2]);
    expect(curve.points.map((point) => point.recall)).toEqual([0.5, 0.5]);
    expect(curve.averagePrecision).toBe(0.5);
  });
});

it.each(
  readFixture<
    {
      name: string;
      onlyFirst: number;
      onlySecond: number;
      exactP: number;
      statistic: number | null;
      correctedP: number | null;
    }[]
  >('mcnemar').map((each) => [each.name, each] as const),
)('McNemar, against statsmodels: %s', (_name, expected) => {
  const found = mcNemarCounts(expected.onlyFirst, expected.onlySecond);
  expectNear(found.exactP, expected.exactP, 'exact');
  expectNear(found.statistic, expected.statistic, 'statistic');
  expectNear(found.correctedP, expected.correctedP, 'corrected');
});

interface EnsembleCase {
  name: string;
  labels: string[];
  units: Units;
  majority: (number[] | null)[];
  skills: number[];
  weighted: (number[] | null)[];
  iterations: number;
  tolerance: number;
  ran: number;
  dawidSkene: (number[] | null)[];
  priors: number[];
}

describe('votes, against crowd-kit', () => {
  it.each(readFixture<EnsembleCase[]>('ensemble').map((each) => [each.name, each] as const))(
    '%s',
    (_name, expected) => {
      const { labels, units, skills, iterations, tolerance } = expected;
      const votes = units.map((unit) => unit.map((label) => (label === null ? -1 : labels.indexOf(label))));
      const share = (scores: Float64Array) => {
        const total = scores.reduce((sum, score) => sum + score, 0);
        return scores.map((score) => score / total);
      };
      const compare = (found: Float64Array | null, wanted: number[] | null | undefined, what: string) => {
        if (wanted === null || wanted === undefined) return;
        for (const [label, value] of wanted.entries()) expectNear(found![label]!, value, what);
      };
      votes.forEach((row, at) => {
        compare(share(countVotes(row, labels.length)), expected.majority[at], `majority ${at}`);
        const weighted = weighVotes(row, labels.length, (rater) => skills[rater]!);
        compare(share(weighted), expected.weighted[at], `weighted ${at}`);
      });
      const { firstRows, weights } = groupEqual(votes.map((row) => row.join()));
      const patterns = firstRows.map((row) => votes[row]!);
      const found = dawidSkene(patterns, weights, labels.length, { iterations, tolerance });
      expect(found.iterations).toBe(expected.ran);
      compare(found.priors, expected.priors, 'priors');
      const place = new Map(patterns.map((pattern, at) => [pattern.join(), at]));
      votes.forEach((row, at) => {
        compare(found.posteriors[place.get(row.join())!]!, expected.dawidSkene[at], `Dawid-Skene ${at}`);
      });
    },
  );
});

it('quantiles, the chi-square tail and calibration, against numpy and scipy', () => {
  const numbers = readFixture<{
    quantile: { values: number[]; probabilities: number[]; expected: number[] };
    chiSquareTail: [number, number][];
    calibration: { confidence: number[]; right: boolean[]; error: number };
  }>('numbers');
  const { values, probabilities, expected } = numbers.quantile;
  probabilities.forEach((p, at) => {
    expectNear(quantile(values, p), expected[at]!, `quantile ${p}`);
  });
  for (const [x, p] of numbers.chiSquareTail) expectNear(chiSquareTail(x), p, `chi-square ${x}`);
  const { confidence, right, error } = numbers.calibration;
  expectNear(calibration(confidence, right).expectedCalibrationError, error, 'calibration');
});
