/** The model's vocabulary as bytes. */
export interface TokenBytes {
  /**
   * `tokens[id]`: the bytes that the token stands for in output text; null for control tokens, special tokens and
   * unused ids. A token without bytes counts as null.
   */
  readonly tokens: readonly (Uint8Array | null)[];
  /** Tokens that end the turn. Never text, whatever their bytes. */
  readonly eosIds: readonly number[];
}

/**
 * A grammar over tokens, as tables for a graph that decodes greedily. With, for each row, a state `s` and the budget
 * `b` that is left in the string it is in (int32 [B] each), one step is
 *
 *     allowed(t) = nextState[s, classOfToken[t]] >= 0            t: the best of the allowed tokens
 *     s1 = nextState[s, classOfToken[t]]
 *     b1 = budgetOfState[s1] == budgetOfState[s] ? b - 1 : budgetStart[s1]
 *     s2 = b1 <= 0 ? drainState[s1] : s1                         carry (s2, b1)
 *
 * and a row begins with (initialState, initialBudget). There is no question "is this inside a string?": outside of
 * strings drainState is the identity, so that b does not matter there, and entering a string always changes
 * budgetOfState and so sets b. A drain state has the budgetOfState of the state it drains.
 *
 * A string's budget counts the tokens chosen while the row is inside of it: not the token that brings the opening quote,
 * but the one that brings the closing quote. After the last one the row is drained: at most a started character or escape
 * is finished, and then the quote comes.
 *
 * Every state has an allowed token, and from every state every walk comes to the end state.
 */
export interface TokenTables {
  readonly numStates: number;
  readonly numClasses: number;
  readonly vocabSize: number;
  /** [vocabSize]: tokens that do the same in every state share a class. Class 0 is never allowed. */
  readonly classOfToken: Int32Array;
  /** [numStates, numClasses]: next state, or -1 where the token is forbidden. */
  readonly nextState: Int32Array;
  /** The state right behind `forcedOpening`. */
  readonly initialState: number;
  /** The answer is complete; only `eosToken` is allowed. An engine may stop here and save a step. */
  readonly finalState: number;
  /** Behind `eosToken`; only `eosToken` is allowed, and leads back here. */
  readonly endState: number;
  /** The lowest of the vocabulary's eosIds. */
  readonly eosToken: number;
  /** What every answer begins with, such as `{"flag":"`: belongs to the prompt, in the tokenizer's own spelling. */
  readonly forcedOpening: string;
  /** [numStates]: index among the string fields while inside a string's text, else -1. */
  readonly budgetOfState: Int32Array;
  /** [numStates]: the whole budget of the string field the state is in; 0 outside. */
  readonly budgetStart: Int32Array;
  /** [string fields] in tokens. */
  readonly budgets: Int32Array;
  /** budgetStart[initialState]. */
  readonly initialBudget: number;
  /** [numStates]: same position, but only the shortest way to the closing quote is left; itself outside strings. */
  readonly drainState: Int32Array;
  /** null when no enum has two labels or more. */
  readonly decision: LabelDecision | null;
  /** Fewest tokens of an answer behind `forcedOpening`, `eosToken` included. */
  readonly minTokens: number;
  /**
   * No answer has more, `eosToken` included. Strings count with their whole budget and the longest drain; the rest with
   * the longest way in tokens, which no trained model comes near (every byte a token).
   */
  readonly maxTokens: number;
}

/**
 * Where and how the label of the first enum with at least two labels is chosen. While a row is in a state with a row in
 * the table, more than one label is still possible; every answer comes through such a state.
 */
export interface LabelDecision {
  readonly field: string;
  readonly labels: readonly string[];
  /** [candidates] ascending: every token that is allowed in some deciding state. Their logits are enough. */
  readonly candidateTokens: Int32Array;
  /** [numStates]: row of `decisionTable`, -1 for a state in which nothing is decided. */
  readonly decisionRow: Int32Array;
  /** [rows, candidates]: index of the label that the token settles, -1 when it settles none yet, -2 when forbidden. */
  readonly decisionTable: Int32Array;
}

/** Largest `nextState`, in entries (of 4 bytes). With the other tables of a 256k vocabulary this stays under 64 MB. */
export const MAX_TABLE_ENTRIES = 15_000_000;
