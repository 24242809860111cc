import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choiceTables } from '../../src/grammar/choice-tables.js';
import { compileGrammar } from '../../src/grammar/compile-grammar.js';
import type { OutputField } from '../../src/grammar/output-field.js';
import type { TokenTables } from '../../src/grammar/token-tables.js';
import { unconstrainedTables } from '../../src/grammar/unconstrained-tables.js';
import { DEFAULT_FIELDS, fullVocabulary, outputFields, utf8 } from './arbitraries.js';

function check(tables: TokenTables): void {
  const { allowedTokens, listWidth, maskOfState, masks, numMasks } = choiceTables(tables);
  const { numStates, numClasses, vocabSize, classOfToken, nextState } = tables;
  expect(masks.length).toBe(numMasks * vocabSize);
  expect(masks.subarray(0, vocabSize).every((bit) => bit === 0)).toBe(true);
  const wrong: number[] = [];
  for (let state = 0; state < numStates; state++) {
    const mask = maskOfState[state]!;
    const listed = allowedTokens
      .subarray(state * listWidth, (state + 1) * listWidth)
      .filter((token) => token >= 0);
    const list = new Set(listed);
    if (mask > 0 && list.size > 0) wrong.push(state);
    for (let token = 0; token < vocabSize; token++) {
      const wanted = nextState[state * numClasses + classOfToken[token]!]! >= 0;
      const found = mask > 0 ? masks[mask * vocabSize + token] === 1 : list.has(token);
      if (wanted !== found) wrong.push(state);
    }
    if (list.size !== listed.length || listed.some((token, i) => i > 0 && token < listed[i - 1]!))
      wrong.push(state);
  }
  expect(wrong).toEqual([]);
}

describe('choice tables', () => {
  it('allow what the token tables allow, by list or by mask', () => {
    fc.assert(
      fc.property(outputFields, fullVocabulary, (fields, vocabulary) =>
        check(compileGrammar(fields, vocabulary)),
      ),
      { numRuns: 15 },
    );
    const words = Array.from({ length: 600 }, (_, i) => utf8(`word${i}`));
    const bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    const vocabulary = { tokens: [...bytes, ...words, null], eosIds: [856] };
    const fields: OutputField[] = [DEFAULT_FIELDS[0]!, DEFAULT_FIELDS[1]!];
    check(compileGrammar(fields, vocabulary));
    check(unconstrainedTables(vocabulary));
  });
});
