import type { AnswerLanguage } from './answer-language.js';
import { spellLabel } from './label-states.js';
import type { OutputField } from './output-field.js';
import type { LabelDecision, TokenBytes, TokenTables } from './token-tables.js';

/**
 * Which token settles which label of the first enum, read off the labels' spellings (not off the automaton, where labels
 * with one ending share states).
 *
 * @param numberOf the tables' number of a state of the byte automaton
 */
export function decisionTables(
  fields: readonly OutputField[],
  language: AnswerLanguage,
  tables: Pick<TokenTables, 'numStates' | 'numClasses' | 'nextState' | 'classOfToken'>,
  vocabulary: TokenBytes,
  numberOf: ReadonlyMap<number, number>,
): LabelDecision | null {
  const field = fields[language.decision?.fieldIndex ?? -1];
  if (language.decision === undefined || field?.type !== 'enum') return null;
  const open = language.decision.undecided
    .map(({ state, written }) => ({ state: numberOf.get(state) ?? -1, written }))
    .filter(({ state }) => state >= 0)
    .sort((a, b) => a.state - b.state);
  const isAllowed = (state: number, token: number): boolean =>
    tables.nextState[state * tables.numClasses + tables.classOfToken[token]!]! >= 0;
  const candidates = Int32Array.from(vocabulary.tokens.keys()).filter((token) =>
    open.some(({ state }) => isAllowed(state, token)),
  );
  const spellings = field.values.map(spellLabel);
  const decisionTable = new Int32Array(open.length * candidates.length).fill(-2);
  const decisionRow = new Int32Array(tables.numStates).fill(-1);
  for (const [row, { state, written }] of open.entries()) {
    decisionRow[state] = row;
    for (const [column, token] of candidates.entries()) {
      if (!isAllowed(state, token)) continue;
      const text = Uint8Array.from([...written, ...vocabulary.tokens[token]!]);
      const left = spellings.flatMap((spelling, label) => (agree(spelling, text) ? [label] : []));
      decisionTable[row * candidates.length + column] = left.length === 1 ? left[0]! : -1;
    }
  }
  return {
    field: field.name,
    labels: field.values,
    candidateTokens: candidates,
    decisionRow,
    decisionTable,
  };
}

/** Is one of them the beginning of the other? */
function agree(a: Uint8Array, b: Uint8Array): boolean {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return false;
  return true;
}
