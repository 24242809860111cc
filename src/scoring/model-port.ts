import type { Config, ModelEntry } from '../config/schema.js';
import type { RowRecord } from './record.js';

/** One text to score. Empty cells never reach a model. */
export interface ScoringRow {
  /** 0-based index of the data row in the input. */
  readonly row: number;
  readonly text: string;
}

/** What a loaded model says of itself, for the summary and for the resume key. */
export interface ModelInfo {
  readonly name: string;
  readonly modelId: string;
  /** Folder or repository the weights came from, with the resolved commit where there is one. */
  readonly source: string;
  readonly revision: string | null;
  /** SHA-256 over the files that decide the output: weights, tokenizer, chat template. */
  readonly fingerprint: string;
  readonly executionProvider: string;
  readonly quantization: string;
  /** Rows decoded side by side. */
  readonly slots: number;
  readonly loadMs: number;
}

/**
 * A model ready to score. The processor drives this port and knows nothing of processes, tensors or tokens,
 * so its tests need no weights.
 */
export interface LoadedModel {
  readonly info: ModelInfo;
  /**
   * Scores rows as they come. Yields exactly one record per row, in the order of the rows.
   * Reads ahead of what it yields by a bounded number of rows. Ends early, between records, when `signal` aborts.
   * @throws RunScoringError (MODEL_DIED) when the model is lost for good; records yielded before stay valid.
   */
  score(rows: AsyncIterable<ScoringRow>, options?: { signal?: AbortSignal }): AsyncIterable<RowRecord>;
  /** Frees the model; resolves when its memory is back with the system. Never throws. */
  dispose(): Promise<void>;
}

export interface LoadContext {
  readonly signal?: AbortSignal;
  /** One line for a person, such as how `model_id` was resolved. Never holds cell text. */
  note(line: string): void;
  readonly device: 'auto' | 'cpu' | 'cuda';
  readonly timeoutPerRowMs?: number;
  /** Forbids any network access. */
  readonly offline: boolean;
}

/** @throws RunScoringError with a MODEL_ code when the model cannot be loaded. */
export type LoadModel = (entry: ModelEntry, config: Config, context: LoadContext) => Promise<LoadedModel>;
