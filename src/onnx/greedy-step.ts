import { GenerationNames as N } from './generation-names.js';
import type { GraphBuilder } from './graph-builder.js';
import { DataType } from './proto.js';

/** Below every finite logit: what a forbidden token counts as. */
const FORBIDDEN = -3.4e38;

/**
 * One greedy choice under the grammar, for all rows.
 *
 *   logits ─ where the state allows ─ argmax ─ token ─ next_state[state, class of token] ─ budget ─ drain
 *
 * A string field's budget counts down while the state stays in the field; at zero the state goes to its drain state,
 * from which only the way to the closing quote is open. Outside strings the counter runs on without meaning.
 *
 * @param logits float [B, V]
 * @param hidden float [B, ...]: what the logits were made of, checked for numbers that are not finite
 */
export function greedyStep(
  body: GraphBuilder,
  logits: string,
  hidden: string,
  row: { state: string; budget: string; broken: string },
): {
  token: string;
  state: string;
  budget: string;
  broken: string;
  running: string;
  candidateLogits: string;
} {
  const gather = (table: string, index: string, axis = 0): string =>
    body.node('Gather', [table, index], { attributes: { axis } });
  const pick = (rows: string, index: string): string =>
    body.node('GatherElements', [rows, index], { attributes: { axis: 1 } });
  const argMax = (rows: string, name: string): string =>
    body.node('ArgMax', [rows], { name: `/choice/ArgMax${name}`, attributes: { axis: 1, keepdims: 1 } });

  // Few allowed tokens: look only at those. Many: mask the whole row. The other way's best is then FORBIDDEN.
  const mask = gather(N.masks, gather(N.maskOfState, row.state));
  const open = body.node('Where', [mask, logits, body.float(FORBIDDEN)]);
  const openToken = argMax(open, 'Open');
  const list = gather(N.allowedTokens, row.state);
  const listLogits = body.node('Where', [
    body.node('GreaterOrEqual', [list, body.int32(0)]),
    pick(logits, body.node('Max', [list, body.int32(0)])),
    body.float(FORBIDDEN),
  ]);
  const listed = argMax(listLogits, 'Listed');
  const listedToken = body.cast(pick(list, listed), DataType.int64);
  const fromList = body.node('Greater', [pick(listLogits, listed), pick(open, openToken)]);
  const token = body.node('Where', [fromList, listedToken, openToken]);

  const tokenClass = gather(N.classOfToken, body.reshape(token, -1));
  const classes = body.cast(body.extent(N.nextState, 1), DataType.int32);
  const cell = body.add(body.mul(row.state, classes), tokenClass);
  const reached = gather(body.reshape(N.nextState, -1), cell);

  const field = gather(N.budgetOfState, reached);
  const sameField = body.node('Equal', [field, gather(N.budgetOfState, row.state)]);
  const left = body.node('Sub', [row.budget, body.int32(1)]);
  const budget = body.node('Where', [sameField, left, gather(N.budgetStart, reached)]);
  const spent = body.node('LessOrEqual', [budget, body.int32(0)]);
  const state = body.node('Where', [spent, gather(N.drainState, reached), reached]);

  // 0 for finite numbers, NaN for the others; a sum of squares overflows only where no model's logits are.
  const vanish = (x: string): string => {
    const squares = body.node('ReduceSumSquare', [body.reshape(x, 0, -1), body.int64(1)], {
      attributes: { keepdims: 0 },
    });
    return body.mul(squares, body.float(0));
  };
  const brokenNow = body.node('IsNaN', [body.add(vanish(logits), vanish(hidden))]);
  const broken = body.node('Or', [row.broken, brokenNow]);
  const ended = body.node('Or', [body.node('Equal', [state, N.endState]), broken]);
  const running = body.node('ReduceMax', [body.cast(body.node('Not', [ended]), DataType.int32)], {
    attributes: { keepdims: 0 },
  });
  return {
    token,
    state,
    budget,
    broken,
    running: body.cast(running, DataType.bool),
    candidateLogits: gather(logits, N.candidates, 1),
  };
}
