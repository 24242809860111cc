/** What one run of the model did, for the rows it was given, in their order. */
export interface RunResult {
  /** Chosen tokens, [steps, rows]. */
  readonly chosen: Int32Array;
  readonly steps: number;
  /** Grammar state of each row after the run. */
  readonly state: Int32Array;
  /** Tokens left in each row's current string field. */
  readonly budget: Int32Array;
  /** 1 where a number behind the row's choices was not finite. */
  readonly broken: Uint8Array;
  /** Logits of the grammar's candidate tokens, [steps, rows, candidates]. */
  readonly candidateLogits: Float32Array;
}

export interface RowInput {
  /** Names the row's cache between runs. */
  readonly row: number;
  readonly tokens: Int32Array;
  readonly state: number;
  readonly budget: number;
}

/**
 * The port behind which tensors live. One run at a time; rows keep their keys and values between runs until they
 * are released. A row's numbers never depend on the rows beside it.
 */
export interface ModelRunner {
  /** Longest piece of a prompt that one run takes, in tokens. */
  readonly prefillChunk: number;
  /** Computes the shared prefix once; rows started later may build on it. */
  setPrefix(tokens: Int32Array): Promise<void>;
  /**
   * Feeds each row its tokens and makes the first choice. Several rows are all new to the runner and bring their
   * whole prompt. A longer prompt comes alone, in pieces of `prefillChunk`, `more` telling that another follows; the
   * choice made after such a piece has no meaning.
   */
  prefill(rows: readonly RowInput[], options: { onPrefix: boolean; more: boolean }): Promise<RunResult>;
  /** Runs up to `steps` decode steps; each row's input is its last chosen token. Stops early when all rows ended. */
  decode(rows: readonly RowInput[], steps: number): Promise<RunResult>;
  release(row: number): void;
  dispose(): Promise<void>;
}
