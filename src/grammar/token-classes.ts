import type { TokenWalks } from './token-walks.js';

/**
 * Puts texts that lead to the same state from every state into one class, by splitting classes one state at a time: exact,
 * and as cheap as the list of allowed (state, text) pairs.
 *
 * @param allowed whether a pair of `walks` counts, by its index
 * @returns [numTexts]: classes from 1; 0 for texts that are never allowed
 */
export function mergeTexts(
  numTexts: number,
  walks: TokenWalks,
  rows: readonly number[],
  allowed: (pair: number) => boolean,
): { classOfText: Int32Array; numClasses: number } {
  const classOf = new Int32Array(numTexts);
  let used = 1;
  const split = new Map<number, number>();
  for (const row of rows) {
    split.clear();
    for (let pair = walks.rowStart[row]!; pair < walks.rowStart[row + 1]!; pair++) {
      if (!allowed(pair)) continue;
      const text = walks.texts[pair]!;
      const key = classOf[text]! * 2 ** 20 + walks.targets[pair]!;
      let fresh = split.get(key);
      if (fresh === undefined) {
        fresh = used++;
        split.set(key, fresh);
      }
      classOf[text] = fresh;
    }
  }
  // Most of the numbers handed out are empty by now.
  const compact = new Map<number, number>([[0, 0]]);
  for (let text = 0; text < numTexts; text++) {
    const old = classOf[text]!;
    let index = compact.get(old);
    if (index === undefined) {
      index = compact.size;
      compact.set(old, index);
    }
    classOf[text] = index;
  }
  return { classOfText: classOf, numClasses: compact.size };
}
