/** The package's public interface; everything else may change between versions. */
import type { Config } from './config/schema.js';
import {
  MultiModelBatchProcessor as Processor,
  type ProcessorOptions,
} from './scoring/multi-model-batch-processor.js';
import { spawnModel } from './worker/spawn-model.js';

export { createConfig } from './config/create-config.js';
export { loadConfig } from './config/load-config.js';
export type { Config, ModelEntry, OutputField } from './config/schema.js';
export { firstModelOnly, selectModels } from './config/select-models.js';
export { type Coordinates, type ErrorCode, RunScoringError } from './foundation/errors.js';
export { ExitCode } from './foundation/exit-codes.js';
export {
  compareResults,
  evaluateResults,
  type ReadingOptions,
  type ScoredTable,
  voteOnRows,
} from './report/analyse-results.js';
export type {
  CompareOptions,
  Comparison,
  DisputedRow,
  Estimate,
  PairAgreement,
  RaterFacts,
} from './report/compare-raters.js';
export { renderComparison } from './report/compare-text.js';
export type { EnsembleSettings } from './report/ensemble-cells.js';
export type { EvaluateOptions, Evaluation, MetricsRow, RaterEvaluation } from './report/evaluate-raters.js';
export { renderEvaluation } from './report/evaluate-text.js';
export type { ScoredRow } from './scoring/data-frame.js';
export type { LoadContext, LoadedModel, LoadModel, ModelInfo, ScoringRow } from './scoring/model-port.js';
export type { CsvRunOptions, RowsOptions, RunProgress } from './scoring/multi-model-batch-processor.js';
export { ROW_STATUSES, type RowRecord, type RowStatus } from './scoring/record.js';
export type { ModelSummary, RunSummary } from './scoring/run-summary.js';
export { type ReadRowsOptions, readRows } from './table/read-rows.js';

/**
 * Scores tables with each enabled model of a config in turn, each model in a process of its own that ends before the
 * next one starts. See {@link Processor.processRows}, {@link Processor.processDataFrame}, {@link Processor.writeRows},
 * {@link Processor.processCsv} and {@link Processor.getModelSummary}.
 */
export class MultiModelBatchProcessor extends Processor {
  constructor(config: Config, options: Partial<ProcessorOptions> = {}) {
    super(config, { loadModel: spawnModel, ...options });
  }
}
