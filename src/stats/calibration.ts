export interface CalibrationBin {
  readonly low: number;
  readonly high: number;
  readonly rows: number;
  readonly meanConfidence: number;
  readonly accuracy: number;
}

export interface Calibration {
  /** Bins that hold rows, by rising confidence. */
  readonly bins: readonly CalibrationBin[];
  /** Mean distance of confidence and accuracy, weighted by rows; null without rows. */
  readonly expectedCalibrationError: number | null;
}

/**
 * Expected calibration error (Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017) over equal-width bins
 * ((m - 1) / bins, m / bins], the first one closed at 0.
 * @param confidences in [0, 1]; rows with null are left out
 */
export function calibration(
  confidences: readonly (number | null)[],
  right: readonly boolean[],
  bins = 10,
): Calibration {
  const sums = Array.from({ length: bins }, () => ({ rows: 0, confidence: 0, right: 0 }));
  let total = 0;
  confidences.forEach((confidence, row) => {
    if (confidence === null) return;
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1))]!;
    bin.rows++;
    bin.confidence += confidence;
    if (right[row]) bin.right++;
    total++;
  });
  let error = 0;
  const filled: CalibrationBin[] = [];
  sums.forEach((bin, index) => {
    if (bin.rows === 0) return;
    error += Math.abs(bin.confidence - bin.right);
    filled.push({
      low: index / bins,
      high: (index + 1) / bins,
      rows: bin.rows,
      meanConfidence: bin.confidence / bin.rows,
      accuracy: bin.right / bin.rows,
    });
  });
  return { bins: filled, expectedCalibrationError: total === 0 ? null : error / total };
}
