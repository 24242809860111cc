/** P(X > x) of the chi-square distribution with one degree of freedom, which is erfc(sqrt(x / 2)). */
export function chiSquareTail(x: number): number {
  return complementaryError(Math.sqrt(x / 2));
}

/**
 * erfc(x) for x >= 0: the power series of erf below 2.5, Lentz's continued fraction above
 * (Abramowitz and Stegun 7.1.6 and 7.1.14). Good to about 1e-13 where it matters, relative in the tail.
 */
function complementaryError(x: number): number {
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-18 * sum; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  // 1 / (x + (1/2) / (x + (2/2) / (x + (3/2) / ...))), from the back: 120 terms are ample from 2.5 on.
  let fraction = x;
  for (let n = 120; n >= 1; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}
