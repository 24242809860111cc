/** One prompt to complete. The engine speaks token ids only. */
export interface GenerationRequest {
  /** The caller's own number; completions carry it back. */
  readonly id: number;
  /** The whole prompt: the shared prefix, the row's own part and the forced opening of the answer. */
  readonly tokens: Int32Array;
  /** Below the engine's own `maxNewTokens`: the most tokens for this one. */
  readonly maxNewTokens?: number;
}

/**
 * What an engine's caller may say besides a request. `deliver`: something that needs no completion is ready; the engine
 * hands the turn back at once. `wait`: there is nothing at present; the engine goes on with the rows it has.
 */
export type RequestItem = GenerationRequest | 'deliver' | 'wait';

export type FinishReason =
  /** The grammar's end, or the model's own end token. */
  | 'stop'
  /** `maxNewTokens` reached. */
  | 'length'
  /** A number behind a choice was not finite. */
  | 'non_finite';

export interface Completion {
  readonly id: number;
  /** Chosen tokens after the forced opening, without the end token. */
  readonly tokens: readonly number[];
  readonly finishReason: FinishReason;
  /** Probability of the first label among the allowed ones, in [0, 1]; null when no label was decided. */
  readonly confidence: number | null;
}
