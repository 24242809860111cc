import { decidedLabel, labelProbabilities } from '../grammar/label-confidence.js';
import type { TokenTables } from '../grammar/token-tables.js';
import type { Completion, FinishReason, GenerationRequest } from './completion.js';
import type { RunResult } from './model-runner.js';

/** One row on its way from prompt to completion. */
export class Sequence {
  readonly output: number[] = [];
  state: number;
  budget: number;
  finishReason: FinishReason | null = null;
  #confidence: number | null = null;
  #undecided: boolean;

  constructor(
    readonly request: GenerationRequest,
    readonly onPrefix: boolean,
    private readonly tables: TokenTables,
    private readonly eosIds: ReadonlySet<number>,
    readonly maxNewTokens: number,
  ) {
    this.state = tables.initialState;
    this.budget = tables.initialBudget;
    this.#undecided = tables.decision !== null;
  }

  get lastToken(): number {
    return this.output.at(-1)!;
  }

  /** Takes over what a run chose for this row, column `index` of the result. */
  commit(result: RunResult, index: number): void {
    const rows = result.state.length;
    if (result.broken[index] === 1) {
      this.finishReason = 'non_finite';
      return;
    }
    let state = this.state;
    let budget = this.budget;
    for (let step = 0; step < result.steps; step++) {
      const token = result.chosen[step * rows + index]!;
      if (this.#undecided) {
        this.#observe(state, token, result, step * rows + index);
        [state, budget] = advance(this.tables, state, budget, token);
      }
      if (this.eosIds.has(token)) {
        this.finishReason = 'stop';
        return;
      }
      this.output.push(token);
      if (this.output.length >= this.maxNewTokens) {
        this.finishReason = 'length';
        return;
      }
    }
    this.state = result.state[index]!;
    this.budget = result.budget[index]!;
    // Nothing but the end token may follow: it is not waited for.
    if (this.state === this.tables.finalState) this.finishReason = 'stop';
  }

  completion(): Completion {
    return {
      id: this.request.id,
      tokens: this.finishReason === 'non_finite' ? [] : this.output,
      finishReason: this.finishReason!,
      confidence: this.finishReason === 'non_finite' ? null : this.#confidence,
    };
  }

  #observe(state: number, token: number, result: RunResult, cell: number): void {
    const decision = this.tables.decision!;
    if ((decision.decisionRow[state] ?? -1) < 0) return;
    const label = decidedLabel(decision, state, token);
    if (label < 0) return;
    const offset = cell * decision.candidateTokens.length;
    this.#confidence = labelProbabilities(decision, state, result.candidateLogits, offset)?.[label] ?? null;
    this.#undecided = false;
  }
}

/** The step of {@link TokenTables}, for one row. */
export function advance(tables: TokenTables, state: number, budget: number, token: number): [number, number] {
  const next = tables.nextState[state * tables.numClasses + tables.classOfToken[token]!]!;
  const same = tables.budgetOfState[next] === tables.budgetOfState[state];
  const left = same ? budget - 1 : tables.budgetStart[next]!;
  return [left <= 0 ? tables.drainState[next]! : next, left];
}
