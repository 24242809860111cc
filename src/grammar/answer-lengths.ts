import type { TokenTables } from './token-tables.js';

type Part = Pick<
  TokenTables,
  | 'numStates'
  | 'numClasses'
  | 'nextState'
  | 'initialState'
  | 'finalState'
  | 'budgetOfState'
  | 'budgets'
  | 'drainState'
>;

/** Least and most tokens behind the forced opening, the end token included; what they count stands at TokenTables. */
export function answerLengths(tables: Part): { minTokens: number; maxTokens: number } {
  const followers = Array.from({ length: tables.numStates }, (_, state) => {
    const row = tables.nextState.subarray(state * tables.numClasses, (state + 1) * tables.numClasses);
    return [...new Set(row)].filter((next) => next >= 0);
  });
  return { minTokens: shortest(tables, followers) + 1, maxTokens: longest(tables, followers) + 1 };
}

function shortest(tables: Part, followers: readonly (readonly number[])[]): number {
  let frontier = [tables.initialState];
  const seen = new Set(frontier);
  for (let length = 0; frontier.length > 0; length++) {
    if (seen.has(tables.finalState)) return length;
    const found: number[] = [];
    for (const next of frontier.flatMap((state) => followers[state]!)) {
      if (seen.has(next)) continue;
      seen.add(next);
      found.push(next);
    }
    frontier = found;
  }
  throw new RangeError('no way from the initial to the final state');
}

/**
 * The longest way through a graph without cycles: the undrained states of a string, which alone have cycles, become one
 * node that takes the whole budget.
 */
function longest(tables: Part, followers: readonly (readonly number[])[]): number {
  const { numStates, budgetOfState, drainState } = tables;
  const nodeOf = (state: number): number =>
    drainState[state] === state ? state : numStates + budgetOfState[state]!;
  const ways: Set<number>[] = Array.from({ length: numStates + tables.budgets.length }, () => new Set());
  const weight = (node: number): number => (node < numStates ? 1 : tables.budgets[node - numStates]!);
  for (let state = 0; state < numStates; state++) {
    const node = nodeOf(state);
    for (const next of followers[state]!) if (nodeOf(next) !== node) ways[node]!.add(nodeOf(next));
    if (node >= numStates) ways[node]!.add(drainState[state]!);
  }
  const best = new Int32Array(ways.length).fill(-1);
  best[tables.finalState] = 0;
  const stack = [nodeOf(tables.initialState)];
  while (stack.length > 0) {
    const node = stack[stack.length - 1]!;
    const open = [...ways[node]!].filter((next) => best[next]! < 0);
    if (best[node]! >= 0 || open.length === 0) {
      stack.pop();
      if (best[node]! < 0)
        best[node] = weight(node) + Math.max(...[...ways[node]!].map((next) => best[next]!));
    } else {
      stack.push(...open);
    }
  }
  return best[nodeOf(tables.initialState)]!;
}
