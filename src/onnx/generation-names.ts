/**
 * Inputs and outputs of a generation graph. B rows, S tokens a row in the first step (right-padded), L layers,
 * KV key-value heads, D head width, V vocabulary. Key and value tensors have the head axis first, so that all rows'
 * queries of one head meet the shared prefix in a single product.
 */
export const GenerationNames = {
  /** int64 []: most steps to run. */
  steps: 'steps',
  /** int64 [B, S]: the first step's tokens; later steps take what the step before chose. */
  tokens: 'tokens',
  /** int64 [B, 1]: position of each row's first token, prefix included. */
  firstPosition: 'first_position',
  /** int64 [B]: index of each row's last real token in `tokens`. */
  lastIndex: 'last_index',
  /** int64 [1]: tokens in the prefix cache, P. */
  prefixLength: 'prefix_length',
  /** int64 [B]: real tokens in each row's own cache. */
  ownLength: 'own_length',
  /** float [KV, P, D]. */
  prefixKey: (layer: number): string => `prefix_key.${layer}`,
  prefixValue: (layer: number): string => `prefix_value.${layer}`,
  /** float [KV, B, 1, T, D]; the axis of one meets the heads of a group. */
  ownKey: (layer: number): string => `own_key.${layer}`,
  ownValue: (layer: number): string => `own_value.${layer}`,
  /** float [KV, B, 1, F, D]: what this run added; padding included in a first step of several tokens. */
  freshKey: (layer: number): string => `fresh_key.${layer}`,
  freshValue: (layer: number): string => `fresh_value.${layer}`,

  /** int32 [states, classes]: next grammar state, -1 where the token is not allowed. */
  nextState: 'grammar.next_state',
  /** int32 [V]. */
  classOfToken: 'grammar.class_of_token',
  /** int32 [states, A]: the allowed tokens of states that allow few, ascending, then -1; all -1 in other states. */
  allowedTokens: 'grammar.allowed_tokens',
  /** int32 [states]: row of `grammar.masks` for states that allow many tokens; row 0, nothing, for the others. */
  maskOfState: 'grammar.mask_of_state',
  /** bool [masks, V]. */
  masks: 'grammar.masks',
  /** int32 [states]: index of the string field a state is in, -1 outside. */
  budgetOfState: 'grammar.budget_of_state',
  /** int32 [states]: token budget on entering a state's field. */
  budgetStart: 'grammar.budget_start',
  /** int32 [states]: where a state goes once the budget is used up. */
  drainState: 'grammar.drain_state',
  /** int32 [1]. */
  endState: 'grammar.end_state',
  /** int32 [C]: tokens whose logits are wanted, for the confidence of the first label. */
  candidates: 'grammar.candidates',
  /** int32 [B] each, and what they are after the run. */
  state: 'state',
  budget: 'budget',
  finalState: 'final_state',
  finalBudget: 'final_budget',

  /** int32 [steps run, B]. */
  chosen: 'chosen',
  /** float [steps run, B, C]. */
  candidateLogits: 'candidate_logits',
  /** bool [B]: some number behind the choice was not finite. */
  broken: 'broken',
} as const;

/** Keys are laid out in multiples of this many, so that a row's sums do not depend on how long its neighbours are. */
export const KEY_ALIGNMENT = 16;
