import type { TokenTables } from './token-tables.js';

/**
 * Which tokens a state allows, in the two forms a graph can use cheaply: a short list for states that allow few (inside
 * labels and punctuation), and a mask over the vocabulary for the others (inside strings). Masks are few, because most
 * states inside strings allow the same tokens.
 */
export interface ChoiceTables {
  /** [numStates, listWidth]: allowed tokens ascending, then -1; all -1 where the state has a mask. */
  readonly allowedTokens: Int32Array;
  readonly listWidth: number;
  /** [numStates]: row of `masks`; 0, the empty mask, where the state has a list. */
  readonly maskOfState: Int32Array;
  /** [numMasks, vocabSize], 1 where allowed. */
  readonly masks: Uint8Array;
  readonly numMasks: number;
}

/** Longest list; a look at this many logits is still far cheaper than one at a whole vocabulary. */
const MAX_LIST = 256;

export function choiceTables(tables: TokenTables): ChoiceTables {
  const { numStates, numClasses, vocabSize, classOfToken, nextState } = tables;
  const tokensOfClass: number[][] = Array.from({ length: numClasses }, () => []);
  for (let token = 0; token < vocabSize; token++) tokensOfClass[classOfToken[token]!]!.push(token);

  const lists: (number[] | null)[] = [];
  const maskOfState = new Int32Array(numStates);
  const maskIndex = new Map<string, number>();
  const maskClasses: number[][] = [[]];
  let listWidth = 1;
  for (let state = 0; state < numStates; state++) {
    const classes: number[] = [];
    let count = 0;
    for (let c = 0; c < numClasses; c++) {
      if (nextState[state * numClasses + c]! >= 0) {
        classes.push(c);
        count += tokensOfClass[c]!.length;
      }
    }
    if (count <= MAX_LIST) {
      lists.push(classes.flatMap((c) => tokensOfClass[c]!).sort((a, b) => a - b));
      listWidth = Math.max(listWidth, count);
      continue;
    }
    lists.push(null);
    const key = classes.join(',');
    let index = maskIndex.get(key);
    if (index === undefined) {
      index = maskClasses.length;
      maskIndex.set(key, index);
      maskClasses.push(classes);
    }
    maskOfState[state] = index;
  }

  const allowedTokens = new Int32Array(numStates * listWidth).fill(-1);
  lists.forEach((list, state) => {
    if (list !== null) allowedTokens.set(list, state * listWidth);
  });
  const masks = new Uint8Array(maskClasses.length * vocabSize);
  maskClasses.forEach((classes, index) => {
    for (const c of classes) for (const token of tokensOfClass[c]!) masks[index * vocabSize + token] = 1;
  });
  return { allowedTokens, listWidth, maskOfState, masks, numMasks: maskClasses.length };
}
