import type { Evaluation, RaterEvaluation } from './evaluate-raters.js';
import { countOf } from './text-table.js';

/** Below so many rows a bootstrap has too little to draw from. */
const FEW_ROWS = 30;

/** What to say of intervals that stand on few rows; undefined when they are enough, or none. */
export function fewRowsCaution(rows: number): string | undefined {
  if (rows === 0 || rows >= FEW_ROWS) return undefined;
  const are = rows === 1 ? 'is' : 'are';
  return `${countOf(rows, 'row')} ${are} few: intervals by resampling are then narrower than they should be.`;
}

/** What to say of intervals that have no width, since a resample has nothing to vary; undefined when all have one. */
export function flatIntervalCaution({ raters }: Evaluation): string | undefined {
  if (!raters.some(hasFlatInterval)) return undefined;
  return 'An interval without width, such as 1.00 to 1.00, says that none of these rows differs, not that no other would.';
}

function hasFlatInterval({ metrics }: RaterEvaluation): boolean {
  const { precision, recall, f1, accuracy } = metrics.at(-1)!.intervals;
  return [precision, recall, f1, accuracy].some((found) => found !== null && found.low === found.high);
}
