import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

/** What scikit-learn, statsmodels, krippendorff, nltk and crowd-kit say; made by scripts/stats-fixtures/make_fixtures.py. */
export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8')) as T;
}

const TOLERANCE = 1e-9;

/** Equal to 1e-9, relative above 1; null equals only null. */
export function expectNear(actual: number | null, expected: number | null, what: string): void {
  if (actual === null || expected === null) {
    expect(actual, what).toBe(expected);
    return;
  }
  expect(Math.abs(actual - expected), `${what}: ${actual} against ${expected}`).toBeLessThanOrEqual(
    TOLERANCE * Math.max(1, Math.abs(expected)),
  );
}
