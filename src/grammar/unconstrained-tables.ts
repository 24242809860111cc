import type { TokenBytes, TokenTables } from './token-tables.js';

/**
 * Tables that forbid nothing: the model writes what it likes until it ends its turn. Nothing is forced, nothing is
 * bounded, no label is decided here; the answer's parser then does all the work.
 */
export function unconstrainedTables(vocabulary: TokenBytes): TokenTables {
  const vocabSize = vocabulary.tokens.length;
  const eosToken = Math.min(...vocabulary.eosIds);
  const classOfToken = new Int32Array(vocabSize).fill(1);
  for (const id of vocabulary.eosIds) classOfToken[id] = 2;
  // States: 0 writing, 1 ended. Classes: 0 never, 1 any token, 2 end tokens.
  const outside = Int32Array.of(-1, -1);
  return {
    numStates: 2,
    numClasses: 3,
    vocabSize,
    classOfToken,
    nextState: Int32Array.of(-1, 0, 1, -1, -1, 1),
    initialState: 0,
    finalState: 1,
    endState: 1,
    eosToken,
    forcedOpening: '',
    budgetOfState: outside,
    budgetStart: Int32Array.of(0, 0),
    budgets: new Int32Array(0),
    initialBudget: 0,
    drainState: Int32Array.of(0, 1),
    decision: null,
    minTokens: 1,
    maxTokens: Number.MAX_SAFE_INTEGER,
  };
}
