/** Counts of a two-class decision; the numbers may be weights. */
export interface Confusion {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
  readonly tn: number;
}

export interface ClassMetrics extends Confusion {
  /** Null when nothing was predicted positive. */
  readonly precision: number | null;
  /** Null when nothing is positive. */
  readonly recall: number | null;
  /** 2TP / (2TP + FP + FN); null when that is 0 / 0. */
  readonly f1: number | null;
  /** Number of truly positive rows. */
  readonly support: number;
  readonly accuracy: number | null;
}

/**
 * @param actual is the row truly positive
 * @param predicted null: the model failed on this row, which counts as the wrong answer, so as FN or FP
 */
export function confusion(
  actual: readonly boolean[],
  predicted: readonly (boolean | null)[],
  weights?: ArrayLike<number>,
): Confusion {
  let [tp, fp, fn, tn] = [0, 0, 0, 0];
  actual.forEach((positive, row) => {
    const weight = weights === undefined ? 1 : weights[row]!;
    const said = predicted[row] ?? !positive;
    if (positive && said) tp += weight;
    else if (positive) fn += weight;
    else if (said) fp += weight;
    else tn += weight;
  });
  return { tp, fp, fn, tn };
}

export function classMetrics(counts: Confusion): ClassMetrics {
  const { tp, fp, fn, tn } = counts;
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  return {
    ...counts,
    precision: share(tp, tp + fp),
    recall: share(tp, tp + fn),
    f1: share(2 * tp, 2 * tp + fp + fn),
    support: tp + fn,
    accuracy: share(tp + tn, tp + fp + fn + tn),
  };
}
