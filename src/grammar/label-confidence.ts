import type { LabelDecision } from './token-tables.js';

/**
 * The label that `token` settles when it is chosen in `state`: its index; -1 when it leaves the label open; -2 when the
 * state decides nothing or the token is forbidden there.
 */
export function decidedLabel(decision: LabelDecision, state: number, token: number): number {
  const row = decision.decisionRow[state] ?? -1;
  const column = decision.candidateTokens.indexOf(token);
  if (row < 0 || column < 0) return -2;
  return decision.decisionTable[row * decision.candidateTokens.length + column]!;
}

/**
 * How likely each label is at a deciding state: the softmax over the allowed tokens that settle a label, summed for each
 * label. Tokens that leave the label open, or are forbidden, have no part in it. The sum is 1.
 *
 * @param candidateLogits logits of `decision.candidateTokens`, in their order, from `offset` on
 * @returns [labels], or null when the state decides nothing, no token settles a label, or a logit among those that
 *   count is not finite
 */
export function labelProbabilities(
  decision: LabelDecision,
  state: number,
  candidateLogits: ArrayLike<number>,
  offset = 0,
): Float64Array | null {
  const row = decision.decisionRow[state] ?? -1;
  if (row < 0) return null;
  const width = decision.candidateTokens.length;
  const settles = decision.decisionTable.subarray(row * width, (row + 1) * width);
  let highest = Number.NEGATIVE_INFINITY;
  for (const [column, label] of settles.entries()) {
    if (label < 0) continue;
    const logit = candidateLogits[offset + column];
    if (logit === undefined || !Number.isFinite(logit)) return null;
    highest = Math.max(highest, logit);
  }
  if (highest === Number.NEGATIVE_INFINITY) return null;
  const mass = new Float64Array(decision.labels.length);
  for (const [column, label] of settles.entries()) {
    if (label >= 0) mass[label]! += Math.exp(candidateLogits[offset + column]! - highest);
  }
  const whole = mass.reduce((sum, part) => sum + part, 0);
  return mass.map((part) => part / whole);
}
