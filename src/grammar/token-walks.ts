import type { ByteDfa } from './byte-dfa.js';
import { type TokenTrie, walkTexts } from './token-trie.js';

/**
 * What token texts do in the states that tokens can reach. States keep their numbers of the byte automaton.
 * `rowStart[i]` to `rowStart[i + 1]` are the allowed texts of `reached[i]`.
 */
export interface TokenWalks {
  readonly reached: readonly number[];
  readonly rowStart: readonly number[];
  readonly texts: Int32Array;
  readonly targets: Int32Array;
}

/** Follows all texts from the initial state on. Drain states count as reached, as a row may be put there. */
export function walkAllTokens(dfa: ByteDfa, trie: TokenTrie, stopAt: number): TokenWalks {
  const reached: number[] = [];
  const seen = new Uint8Array(dfa.numStates);
  const rowStart: number[] = [0];
  let texts = new Int32Array(1 << 16);
  let targets = new Int32Array(1 << 16);
  let count = 0;
  const reach = (state: number): void => {
    if (seen[state] === 1) return;
    seen[state] = 1;
    reached.push(state);
    reach(dfa.drainState[state]!);
  };
  reach(dfa.initialState);
  for (let i = 0; i < reached.length; i++) {
    walkTexts(trie, dfa.next, reached[i]!, stopAt, (text, target) => {
      if (count === texts.length) {
        texts = grow(texts);
        targets = grow(targets);
      }
      texts[count] = text;
      targets[count++] = target;
      reach(target);
    });
    rowStart.push(count);
  }
  return { reached, rowStart, texts: texts.subarray(0, count), targets: targets.subarray(0, count) };
}

function grow(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/**
 * The states from which every walk can come to the final state, also when it is drained on the way.
 *
 * @returns [dfa.numStates]: 1 for such a state
 */
export function findLiveStates(dfa: ByteDfa, walks: TokenWalks): Uint8Array {
  const sources = new Map<number, number[]>();
  const lastSource = new Int32Array(dfa.numStates).fill(-1);
  for (const [i, state] of walks.reached.entries()) {
    for (let at = walks.rowStart[i]!; at < walks.rowStart[i + 1]!; at++) {
      const target = walks.targets[at]!;
      if (lastSource[target] === state) continue;
      lastSource[target] = state;
      const list = sources.get(target);
      if (list === undefined) sources.set(target, [state]);
      else list.push(state);
    }
  }
  const dead = new Uint8Array(dfa.numStates);
  for (;;) {
    const live = new Uint8Array(dfa.numStates);
    const stack = [dfa.finalState];
    while (stack.length > 0) {
      const state = stack.pop()!;
      if (live[state] === 1 || dead[state] === 1) continue;
      live[state] = 1;
      stack.push(...(sources.get(state) ?? []));
    }
    // A state whose double leads nowhere must not be entered: the budget might end there.
    const stuck = walks.reached.filter((state) => live[state] === 1 && live[dfa.drainState[state]!] === 0);
    if (stuck.length === 0) return live;
    for (const state of stuck) dead[state] = 1;
  }
}
