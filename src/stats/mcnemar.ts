import { chiSquareTail } from './chi-square.js';

export interface McNemar {
  /** Rows that only the first got right. */
  readonly onlyFirst: number;
  /** Rows that only the second got right. */
  readonly onlySecond: number;
  /** Two-sided exact binomial test. */
  readonly exactP: number;
  /** Edwards' continuity-corrected chi-square, 1 degree of freedom; null without a discordant row. */
  readonly statistic: number | null;
  readonly correctedP: number | null;
}

/** McNemar's test (1947) of two classifiers on the same rows. */
export function mcNemar(firstRight: readonly boolean[], secondRight: readonly boolean[]): McNemar {
  let onlyFirst = 0;
  let onlySecond = 0;
  firstRight.forEach((right, row) => {
    if (right && !secondRight[row]) onlyFirst++;
    if (!right && secondRight[row]) onlySecond++;
  });
  return mcNemarCounts(onlyFirst, onlySecond);
}

export function mcNemarCounts(onlyFirst: number, onlySecond: number): McNemar {
  const total = onlyFirst + onlySecond;
  const exactP = Math.min(1, 2 * halfBinomialTail(Math.min(onlyFirst, onlySecond), total));
  if (total === 0) return { onlyFirst, onlySecond, exactP: 1, statistic: null, correctedP: null };
  const statistic = (Math.abs(onlyFirst - onlySecond) - 1) ** 2 / total;
  return { onlyFirst, onlySecond, exactP, statistic, correctedP: chiSquareTail(statistic) };
}

/** P(X <= k) for X ~ Binomial(n, 1/2). Terms are scaled from the largest one, so a large n does not underflow. */
function halfBinomialTail(k: number, n: number): number {
  let logTerm = -n * Math.LN2;
  for (let i = 1; i <= k; i++) logTerm += Math.log((n - i + 1) / i);
  let sum = 0;
  let scaled = 1;
  for (let i = k; i >= 0 && scaled > 1e-18; i--) {
    sum += scaled;
    scaled *= i / (n - i + 1);
  }
  return Math.exp(logTerm + Math.log(sum));
}
