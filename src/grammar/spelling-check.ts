import { RunScoringError } from '../foundation/errors.js';
import type { AnswerLanguage } from './answer-language.js';
import { spellLabel } from './label-states.js';
import type { OutputField } from './output-field.js';
import type { TokenTrie } from './token-trie.js';
import type { TokenWalks } from './token-walks.js';

/**
 * Fails when a vocabulary cannot finish an answer, or cannot spell one of the labels from its opening quote on: a label
 * that can never be chosen would make every figure about it wrong without anyone noticing.
 *
 * @throws RunScoringError MODEL_GRAMMAR_UNREACHABLE with the field's name
 */
export function checkSpelling(
  fields: readonly OutputField[],
  language: AnswerLanguage,
  trie: TokenTrie,
  walks: TokenWalks,
  live: Uint8Array,
): void {
  const { dfa } = language;
  if (live[dfa.initialState] === 0) {
    throw unreachable(fields[stuckField(language, walks, live)]!, 'its answers cannot be finished');
  }
  const rowOf = new Map(walks.reached.map((state, row) => [state, row]));
  const tokensFrom = (state: number): Map<number, number> => {
    const row = rowOf.get(state);
    const found = new Map<number, number>();
    if (row === undefined || live[state] === 0) return found;
    for (let pair = walks.rowStart[row]!; pair < walks.rowStart[row + 1]!; pair++) {
      const target = walks.targets[pair]!;
      if (live[target] === 1) found.set(walks.texts[pair]!, target);
    }
    return found;
  };
  for (const [index, field] of fields.entries()) {
    if (field.type === 'string') {
      const text = dfa.next[language.labelStart[index]! * 256 + ANY_LETTER]!;
      if (live[text] === 0) throw unreachable(field, 'a text cannot be closed wherever its budget may end');
      continue;
    }
    for (const [number, label] of field.values.entries()) {
      if (!canSpell(spellLabel(label), language.labelStart[index]!)) {
        throw unreachable(field, `label ${number + 1} of ${field.values.length} cannot be spelled`);
      }
    }
  }

  /** Can tokens spell these bytes from `start`, the last of them perhaps running on behind the bytes? */
  function canSpell(bytes: Uint8Array, start: number): boolean {
    const stateAt: number[] = [start];
    for (const [i, byte] of bytes.entries()) stateAt.push(dfa.next[stateAt[i]! * 256 + byte]!);
    const reachable = new Uint8Array(bytes.length + 1);
    reachable[0] = 1;
    for (let from = 0; from < bytes.length; from++) {
      if (reachable[from] === 0) continue;
      const allowed = tokensFrom(stateAt[from]!);
      for (const { text, length } of textsAlong(trie, bytes, from)) {
        if (allowed.has(text)) reachable[Math.min(from + length, bytes.length)] = 1;
      }
    }
    return reachable[bytes.length] === 1;
  }
}

/** `x`: leads from the opening quote of a string into the midst of its text. */
const ANY_LETTER = 0x78;

/** Texts that agree with `bytes` from `from` on, as far as both go. */
function textsAlong(trie: TokenTrie, bytes: Uint8Array, from: number): { text: number; length: number }[] {
  const found: { text: number; length: number }[] = [];
  let node = 0;
  while (node < trie.numNodes) {
    const length = trie.depth[node]!;
    const at = from + length - 1;
    if (at < bytes.length && trie.byteOf[node] !== bytes[at]) {
      node = trie.subtreeEnd[node]!;
      continue;
    }
    if (trie.textOf[node]! >= 0) found.push({ text: trie.textOf[node]!, length });
    node++;
  }
  return found;
}

/** The field that no walk gets past. */
function stuckField(language: AnswerLanguage, walks: TokenWalks, live: Uint8Array): number {
  const { dfa } = language;
  if (!walks.reached.includes(dfa.finalState)) {
    return Math.max(...walks.reached.map((state) => dfa.fieldOfState[state]!));
  }
  // The end can be reached, but not from everywhere: some string cannot be closed once its budget is used up.
  return language.labelStart.findLastIndex((state) => walks.reached.includes(state) && live[state] === 0);
}

function unreachable(field: OutputField, what: string): RunScoringError {
  return new RunScoringError(
    'MODEL_GRAMMAR_UNREACHABLE',
    `The model's vocabulary cannot write the output field ${JSON.stringify(field.name)}: ${what}.`,
    { at: { field: field.name } },
  );
}
