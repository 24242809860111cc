import { RunScoringError } from '../foundation/errors.js';
import { type AnswerLanguage, answerLanguage } from './answer-language.js';
import { answerLengths } from './answer-lengths.js';
import { decisionTables } from './label-decision.js';
import type { OutputField } from './output-field.js';
import { checkSpelling } from './spelling-check.js';
import { mergeTexts } from './token-classes.js';
import { MAX_TABLE_ENTRIES, type TokenBytes, type TokenTables } from './token-tables.js';
import { buildTokenTrie, type TokenTrie } from './token-trie.js';
import { findLiveStates, type TokenWalks, walkAllTokens } from './token-walks.js';

/**
 * Output fields and a vocabulary become token tables: fields -> byte automaton -> what each token does in each state ->
 * states that can reach the end -> classes of tokens.
 *
 * Tokens that lead into a state from which the vocabulary cannot finish (half a character without its other half) are
 * forbidden. A label that the vocabulary cannot spell, or a string that it cannot close, is an error.
 *
 * @throws RunScoringError CONFIG_INVALID (the fields), MODEL_GRAMMAR_NO_END (no eosIds), MODEL_GRAMMAR_UNREACHABLE
 *   (the vocabulary cannot spell a field's answers; `at.field` names it), MODEL_GRAMMAR_TOO_LARGE
 */
export function compileGrammar(fields: readonly OutputField[], vocabulary: TokenBytes): TokenTables {
  const language = answerLanguage(fields);
  const { dfa } = language;
  const vocabSize = vocabulary.tokens.length;
  const eosToken = lowestEndToken(vocabulary);
  const control = new Set(vocabulary.eosIds);
  const trie = buildTokenTrie(vocabulary.tokens.map((bytes, id) => (control.has(id) ? null : bytes)));
  const decided = language.decision?.fieldIndex ?? 0;
  // No token runs into the label that is decided: the walk then surely stops where the choice is open.
  const stopAt = decided > 0 ? language.labelStart[decided]! : -1;
  const walks = walkAllTokens(dfa, trie, stopAt);
  const live = findLiveStates(dfa, walks);
  checkSpelling(fields, language, trie, walks, live);

  const rows = liveRows(language, walks, live);
  const states = rows.map((row) => walks.reached[row]!);
  const numberOf = new Map(states.map((state, index) => [state, index]));
  const { classOfText, numClasses: textClasses } = mergeTexts(
    trie.tokensOfText.length,
    walks,
    rows,
    (pair) => live[walks.targets[pair]!] === 1,
  );
  const numStates = states.length + 1;
  const numClasses = textClasses + 1;
  if (numStates * numClasses > MAX_TABLE_ENTRIES) {
    throw new RunScoringError(
      'MODEL_GRAMMAR_TOO_LARGE',
      `The output fields need ${numStates} grammar states with ${numClasses} kinds of tokens for this model.`,
      { hint: 'Use fewer or shorter labels.' },
    );
  }
  const endState = states.length;
  const eosClass = textClasses;
  const classOfToken = classesOfTokens(vocabSize, trie, classOfText);
  classOfToken[eosToken] = eosClass;
  const nextState = new Int32Array(numStates * numClasses).fill(-1);
  for (const [state, row] of rows.entries()) {
    for (let pair = walks.rowStart[row]!; pair < walks.rowStart[row + 1]!; pair++) {
      const target = numberOf.get(walks.targets[pair]!);
      if (target !== undefined) nextState[state * numClasses + classOfText[walks.texts[pair]!]!] = target;
    }
  }
  const finalState = numberOf.get(dfa.finalState)!;
  nextState[finalState * numClasses + eosClass] = endState;
  nextState[endState * numClasses + eosClass] = endState;

  const perState = (value: (byteState: number) => number, atEnd: number): Int32Array =>
    Int32Array.from([...states.map(value), atEnd]);
  const budgetOfState = perState((state) => dfa.budgetOfState[state]!, -1);
  const initialState = numberOf.get(dfa.initialState)!;
  const budgetStart = budgetOfState.map((field) => (field < 0 ? 0 : language.budgets[field]!));
  const tables = {
    numStates,
    numClasses,
    vocabSize,
    classOfToken,
    nextState,
    initialState,
    finalState,
    endState,
    eosToken,
    forcedOpening: language.forcedOpening,
    budgetOfState,
    budgetStart,
    budgets: language.budgets,
    initialBudget: budgetStart[initialState]!,
    drainState: perState((state) => numberOf.get(dfa.drainState[state]!)!, endState),
  };
  return {
    ...tables,
    ...answerLengths(tables),
    decision: decisionTables(fields, language, tables, vocabulary, numberOf),
  };
}

function lowestEndToken(vocabulary: TokenBytes): number {
  const ids = vocabulary.eosIds;
  const size = vocabulary.tokens.length;
  if (ids.length === 0 || ids.some((id) => !Number.isInteger(id) || id < 0 || id >= size)) {
    throw new RunScoringError(
      'MODEL_GRAMMAR_NO_END',
      'The model names no token of its vocabulary as the end.',
    );
  }
  return Math.min(...ids);
}

/** Rows of `walks` whose states are alive and still reached when the others are gone; the initial state's first. */
function liveRows(language: AnswerLanguage, walks: TokenWalks, live: Uint8Array): number[] {
  const { dfa } = language;
  const rowOf = new Map(walks.reached.map((state, row) => [state, row]));
  const rows: number[] = [];
  const seen = new Set<number>();
  const reach = (state: number): void => {
    if (live[state] === 0 || seen.has(state)) return;
    seen.add(state);
    rows.push(rowOf.get(state)!);
    reach(dfa.drainState[state]!);
  };
  reach(dfa.initialState);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    for (let pair = walks.rowStart[row]!; pair < walks.rowStart[row + 1]!; pair++)
      reach(walks.targets[pair]!);
  }
  return rows;
}

function classesOfTokens(vocabSize: number, trie: TokenTrie, classOfText: Int32Array): Int32Array {
  const classes = new Int32Array(vocabSize);
  for (const [text, tokens] of trie.tokensOfText.entries()) {
    for (const token of tokens) classes[token] = classOfText[text]!;
  }
  return classes;
}
