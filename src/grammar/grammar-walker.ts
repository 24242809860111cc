import { RunScoringError } from '../foundation/errors.js';
import type { TokenBytes, TokenTables } from './token-tables.js';

/** One row's way through token tables, step by step as a generation graph does it. The reference for the graph. */
export class GrammarWalker {
  readonly #tables: TokenTables;
  readonly #vocabulary: TokenBytes;
  #state = 0;
  #budget = 0;
  #bytes: number[] = [];
  #numTokens = 0;

  constructor(tables: TokenTables, vocabulary: TokenBytes) {
    this.#tables = tables;
    this.#vocabulary = vocabulary;
    this.start();
  }

  /** Back to right behind the forced opening. */
  start(): void {
    this.#state = this.#tables.initialState;
    this.#budget = this.#tables.initialBudget;
    this.#bytes = [];
    this.#numTokens = 0;
  }

  get state(): number {
    return this.#state;
  }

  /** Tokens left in the string the row is in; without meaning elsewhere. */
  get budget(): number {
    return this.#budget;
  }

  /** Tokens taken so far. */
  get numTokens(): number {
    return this.#numTokens;
  }

  /** The answer is complete; at most end tokens follow. */
  get done(): boolean {
    return this.#state === this.#tables.finalState || this.#state === this.#tables.endState;
  }

  allows(token: number): boolean {
    return this.#next(token) >= 0;
  }

  /** @throws RunScoringError INTERNAL_GRAMMAR when the token is forbidden here */
  step(token: number): void {
    const { budgetOfState, budgetStart, drainState, eosToken } = this.#tables;
    const next = this.#next(token);
    if (next < 0) {
      throw new RunScoringError(
        'INTERNAL_GRAMMAR',
        `Token ${token} is forbidden in grammar state ${this.#state} (token ${this.#numTokens} of the answer).`,
      );
    }
    this.#budget = budgetOfState[next] === budgetOfState[this.#state] ? this.#budget - 1 : budgetStart[next]!;
    this.#state = this.#budget <= 0 ? drainState[next]! : next;
    this.#numTokens++;
    if (token !== eosToken) this.#bytes.push(...(this.#vocabulary.tokens[token] ?? []));
  }

  /** The answer so far, the forced opening included. A character that is not complete yet shows as U+FFFD. */
  text(): string {
    return this.#tables.forcedOpening + new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.bytes());
  }

  /** The bytes behind the forced opening. */
  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #next(token: number): number {
    const { nextState, numClasses, classOfToken } = this.#tables;
    return nextState[this.#state * numClasses + (classOfToken[token] ?? 0)]!;
  }
}
