import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cohenKappa, fleissKappa } from '../../src/stats/agreement.js';
import { drawBinomial } from '../../src/stats/binomial.js';
import { bootstrapIntervals, resampler } from '../../src/stats/bootstrap.js';
import { dawidSkene } from '../../src/stats/dawid-skene.js';
import { krippendorffAlpha, nominalDistance } from '../../src/stats/krippendorff-alpha.js';
import { curveOfWeights, scoredPatterns } from '../../src/stats/precision-recall-curve.js';
import { MISLEADING_SHARE, prevalence } from '../../src/stats/prevalence.js';
import { seededRandom } from '../../src/stats/random.js';
import { accuracyWeight, countVotes, verdict } from '../../src/stats/votes.js';

const label = fc.constantFrom('good', 'bad', 'unsure', null);
const units = fc.array(fc.tuple(label, label, label), { maxLength: 30 });

describe('agreement', () => {
  it('does not depend on the order of rows or raters, nor on the names of labels', () => {
    fc.assert(
      fc.property(units, (rows) => {
        const turned = rows.map((row) => [row[2], row[0], row[1]]).reverse();
        const renamed = rows.map((row) => row.map((each) => (each === null ? null : `x${each.length}`)));
        for (const other of [turned, renamed]) {
          for (const of of [
            fleissKappa,
            (rated: { units: typeof other }) => krippendorffAlpha(rated, nominalDistance),
          ]) {
            const [a, b] = [of({ units: rows }), of({ units: other })];
            if (a === null || b === null) expect(a).toBe(b);
            else expect(a).toBeCloseTo(b, 12);
          }
        }
        expect(cohenKappa({ units: rows }, 0, 1)).toBe(cohenKappa({ units: rows }, 1, 0));
      }),
    );
  });

  it('is at most 1, and 1 only where all are equal', () => {
    fc.assert(
      fc.property(units, (rows) => {
        const alpha = krippendorffAlpha({ units: rows }, nominalDistance);
        if (alpha === null) return;
        const equal = rows.every((row) => new Set(row.filter((each) => each !== null)).size <= 1);
        expect(alpha === 1).toBe(equal);
        expect(alpha).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('says when one label is so frequent that raw agreement misleads', () => {
    const rows = (bad: number) =>
      Array.from({ length: 100 }, (_, at) => (at < bad ? ['bad', 'bad'] : ['good', 'good']));
    expect(prevalence({ units: rows(5) })).toMatchObject({ label: 'good', share: 0.95, misleading: true });
    expect(prevalence({ units: rows(40) })).toMatchObject({ label: 'good', misleading: false });
    expect(prevalence({ units: rows(100 - 100 * MISLEADING_SHARE) })).toMatchObject({ misleading: true });
    expect(prevalence({ units: [[null, null]] })).toBeNull();
  });
});

describe('the bootstrap', () => {
  const mean = (weights: Float64Array) => [weights[1]! / (weights[0]! + weights[1]!)];

  it('is the same for the same seed, and another for another', () => {
    for (const weights of [
      [30, 10],
      [30_000, 10_000],
    ]) {
      const of = (seed: number) => bootstrapIntervals(weights, mean, { seed, resamples: 200 });
      expect(of(7)).toEqual(of(7));
      expect(of(7)).not.toEqual(of(8));
    }
  });

  it.each([
    ['row by row', 60],
    ['pattern by pattern', 400],
  ])('covers the true share about as often as it says: %s', (_how, rows) => {
    const random = seededRandom(3);
    let covered = 0;
    const trials = 400;
    for (let trial = 0; trial < trials; trial++) {
      const ones = drawBinomial(random, rows, 0.3);
      const [interval] = bootstrapIntervals([rows - ones, ones], mean, { resamples: 400, seed: trial });
      if (interval!.low <= 0.3 && 0.3 <= interval!.high) covered++;
    }
    expect(covered / trials).toBeGreaterThan(0.9);
    expect(covered / trials).toBeLessThan(0.985);
  });

  it('has no interval without rows, or where the statistic is mostly undefined', () => {
    expect(bootstrapIntervals([0, 0], mean)).toEqual([null]);
    expect(bootstrapIntervals([3, 4], () => [null, 1], { resamples: 10 })).toEqual([
      null,
      { low: 1, high: 1 },
    ]);
  });

  it('draws as many rows as there are, each pattern in proportion, both ways', () => {
    for (const weights of [
      [1, 0, 5, 14],
      [1000, 0, 5000, 14_000],
    ]) {
      const rows = weights.reduce((sum, weight) => sum + weight);
      const draw = resampler(weights, seededRandom(11))!;
      const sums = [0, 0, 0, 0];
      const rounds = 2000;
      for (let round = 0; round < rounds; round++) {
        const drawn = draw();
        expect(drawn.reduce((sum, weight) => sum + weight)).toBe(rows);
        drawn.forEach((weight, at) => {
          sums[at]! += weight / rounds;
        });
      }
      sums.forEach((average, at) => {
        // Five standard errors.
        expect(Math.abs(average - weights[at]!)).toBeLessThanOrEqual(5 * Math.sqrt(weights[at]! / rounds));
      });
    }
  });
});

it('draws binomial numbers with the right mean and variance', () => {
  const random = seededRandom(5);
  for (const [n, p] of [
    [20, 0.1],
    [50, 0.45],
    [1000, 0.02],
    [100_000, 0.7],
    [1, 0.5],
  ] as const) {
    const draws = Array.from({ length: 20_000 }, () => drawBinomial(random, n, p));
    expect(draws.every((k) => Number.isInteger(k) && k >= 0 && k <= n)).toBe(true);
    const mean = draws.reduce((sum, k) => sum + k, 0) / draws.length;
    const variance = draws.reduce((sum, k) => sum + (k - mean) ** 2, 0) / draws.length;
    const wanted = n * p * (1 - p);
    expect(Math.abs(mean - n * p)).toBeLessThan(5 * Math.sqrt(wanted / draws.length));
    expect(variance / wanted).toBeGreaterThan(0.93);
    expect(variance / wanted).toBeLessThan(1.07);
  }
});

describe('votes', () => {
  const votes = fc.array(fc.integer({ min: -1, max: 2 }), { maxLength: 7 });

  it('name the one label with most votes, and call everything else a tie', () => {
    fc.assert(
      fc.property(votes, (row) => {
        const counts = [0, 1, 2].map((each) => row.filter((vote) => vote === each).length);
        const sorted = [...counts].sort((a, b) => b - a);
        const cast = counts.reduce((sum, count) => sum + count);
        const found = verdict(countVotes(row, 3));
        if (cast === 0) expect(found).toEqual({ label: null, leaders: [], margin: null });
        else if (sorted[0] === sorted[1]) {
          expect(found.label).toBeNull();
          expect(found.leaders.length).toBeGreaterThan(1);
          expect(found.margin).toBe(0);
        } else {
          expect(found.label).toBe(counts.indexOf(sorted[0]!));
          expect(found.margin).toBeCloseTo((sorted[0]! - sorted[1]!) / cast, 12);
        }
      }),
    );
  });

  it('weigh more with accuracy, and nothing at chance', () => {
    expect(accuracyWeight(50, 100, 2)).toBe(0);
    expect(accuracyWeight(10, 100, 2)).toBe(0);
    expect(accuracyWeight(90, 100, 2)).toBeGreaterThan(accuracyWeight(80, 100, 2));
    expect(accuracyWeight(100, 100, 2)).toBeLessThan(10);
  });

  it('let Dawid-Skene find the raters who know, where the majority is wrong', () => {
    const random = seededRandom(21);
    const rows = Array.from({ length: 3000 }, () => {
      const truth = random() < 0.5 ? 0 : 1;
      const says = [0.97, 0.95, 0.55, 0.55, 0.55].map((right) => (random() < right ? truth : 1 - truth));
      return { truth, says };
    });
    const { posteriors } = dawidSkene(
      rows.map((row) => row.says),
      rows.map(() => 1),
      2,
    );
    const share = (rightly: (row: (typeof rows)[number], at: number) => boolean) =>
      rows.filter(rightly).length / rows.length;
    const skilled = share((row, at) => Number(posteriors[at]![1]! > 0.5) === row.truth);
    const majority = share((row) => verdict(countVotes(row.says, 2)).label === row.truth);
    expect(majority).toBeLessThan(0.9);
    expect(skilled).toBeGreaterThan(0.94);
  });
});

it('a curve of patterns with weights is the curve of the rows', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.constantFrom(null, 0.1, 0.5, 0.9)), { minLength: 1, maxLength: 40 }),
      (rows) => {
        const patterns = scoredPatterns(
          rows.map((row) => row[0]),
          rows.map((row) => row[1]),
        );
        expect(patterns.weights.reduce((sum, weight) => sum + weight)).toBe(rows.length);
        const doubled = scoredPatterns(
          rows.flatMap((row) => [row[0], row[0]]),
          rows.flatMap((row) => [row[1], row[1]]),
        );
        const once = curveOfWeights(patterns, patterns.weights).averagePrecision;
        const twice = curveOfWeights(
          patterns,
          patterns.weights.map((weight) => weight * 2),
        );
        expect(twice).toEqual(curveOfWeights(doubled, doubled.weights));
        if (once !== null) expect(twice.averagePrecision).toBeCloseTo(once, 12);
        expect(patterns.weights.length).toBeLessThanOrEqual(8);
      },
    ),
  );
});
