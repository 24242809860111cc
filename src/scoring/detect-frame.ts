import { RunScoringError } from '../foundation/errors.js';
import { arrowFrame } from './arrow-frame.js';
import { type DataFrame, rowsFrame } from './data-frame.js';
import { polarsFrame } from './polars-frame.js';

/**
 * Known by what it can do, so that no library is needed to find out: an array of objects, a Table of apache-arrow, or a
 * DataFrame of nodejs-polars.
 * @throws RunScoringError USAGE_DATA_FRAME
 */
export function dataFrameOf(frame: unknown): DataFrame<unknown> {
  const found = Array.isArray(frame) ? rowsFrame(frame) : (arrowFrame(frame) ?? polarsFrame(frame));
  if (found !== undefined) return found;
  throw new RunScoringError('USAGE_DATA_FRAME', 'This is no table that can be scored.', {
    hint: 'Give an array of objects, a Table of apache-arrow, or a DataFrame of nodejs-polars.',
  });
}
