import { RunScoringError } from '../foundation/errors.js';

/** A deterministic automaton over bytes, with what the token tables need to know of each state. */
export interface ByteDfa {
  readonly numStates: number;
  /** [numStates, 256]: next state, or -1. */
  readonly next: Int32Array;
  readonly initialState: number;
  /** The one accepting state; it has no way on. */
  readonly finalState: number;
  /** [numStates]: index among the string fields while inside a string's text, else -1. */
  readonly budgetOfState: Int32Array;
  /** [numStates]: the same position with only the shortest way to the closing quote left; itself outside strings. */
  readonly drainState: Int32Array;
  /** [numStates]: index of the output field that is being written. */
  readonly fieldOfState: Int32Array;
}

/** `[from, to, target]`: all bytes from `from` to `to`, both included, lead to `target`. */
export type Edge = readonly [from: number, to: number, target: number];

interface StateNotes {
  /** Index of the string field, -1 outside strings. */
  budget: number;
  /** -1 stands for the state itself. */
  drain: number;
  /** States with different marks are never merged. */
  mark: string;
}

const OUTSIDE: StateNotes = { budget: -1, drain: -1, mark: '' };

/** Bounds the memory of a compile: 33 MB for `next`. The default fields need about 1,200. */
export const MAX_BYTE_STATES = 32_000;

/**
 * Builds an automaton from its end to its beginning. A state whose edges and notes equal those of an older one is that
 * older one: as all cycles of the language are inside string texts, and those are laid down without doubles, the
 * automaton is minimal the moment it is built.
 */
export class ByteDfaBuilder {
  /** The field that states are now made for. */
  field = 0;
  readonly #rows: Int32Array[] = [];
  readonly #notes: StateNotes[] = [];
  readonly #fields: number[] = [];
  readonly #known = new Map<string, number>();

  /** A state with these edges; later edges win over earlier ones. */
  state(edges: readonly Edge[], notes: Partial<StateNotes> = {}): number {
    const full = { ...OUTSIDE, ...notes };
    const key = `${this.field}|${full.budget}|${full.drain}|${full.mark}|${edges.join(';')}`;
    let state = this.#known.get(key);
    if (state === undefined) {
      state = this.reserve();
      this.define(state, edges, full);
      this.#known.set(key, state);
    }
    return state;
  }

  /** A state that others may point to before its edges are known; never merged with another. */
  reserve(): number {
    if (this.#rows.length >= MAX_BYTE_STATES) {
      throw new RunScoringError(
        'MODEL_GRAMMAR_TOO_LARGE',
        `The output fields need more than ${MAX_BYTE_STATES} grammar states.`,
        { hint: 'Use fewer or shorter labels.' },
      );
    }
    this.#fields.push(this.field);
    this.#notes.push(OUTSIDE);
    return this.#rows.push(new Int32Array(256).fill(-1)) - 1;
  }

  define(state: number, edges: readonly Edge[], notes: Partial<StateNotes> = {}): void {
    const row = this.#rows[state]!;
    for (const [from, to, target] of edges) row.fill(target, from, to + 1);
    this.#notes[state] = { ...OUTSIDE, ...notes };
  }

  /** The way through exactly these bytes to `target`. */
  chain(bytes: Uint8Array, target: number): number {
    let state = target;
    for (let i = bytes.length - 1; i >= 0; i--) state = this.state([[bytes[i]!, bytes[i]!, state]]);
    return state;
  }

  /** Where one byte leads; -1 when nowhere. */
  follow(state: number, byte: number): number {
    return this.#rows[state]![byte]!;
  }

  build(initialState: number, finalState: number): ByteDfa {
    const numStates = this.#rows.length;
    const next = new Int32Array(numStates * 256);
    for (const [state, row] of this.#rows.entries()) next.set(row, state * 256);
    return {
      numStates,
      next,
      initialState,
      finalState,
      budgetOfState: Int32Array.from(this.#notes, (notes) => notes.budget),
      drainState: Int32Array.from(this.#notes, (notes, state) => (notes.drain < 0 ? state : notes.drain)),
      fieldOfState: Int32Array.from(this.#fields),
    };
  }
}

/** Where `bytes` lead from `state`; -1 when they leave the language. */
export function walkBytes(dfa: ByteDfa, state: number, bytes: Uint8Array): number {
  let at = state;
  for (let i = 0; i < bytes.length && at >= 0; i++) at = dfa.next[at * 256 + bytes[i]!]!;
  return at;
}
