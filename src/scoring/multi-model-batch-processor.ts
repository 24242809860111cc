import type { Config } from '../config/schema.js';
import { RunScoringError } from '../foundation/errors.js';
import { nearestName } from '../foundation/nearest-name.js';
import type { EnsembleSettings } from '../report/ensemble-cells.js';
import { type FileSystem, nodeFileSystem } from '../table/file-system.js';
import { openTable } from '../table/open-table.js';
import type { OutputTarget } from '../table/output-target.js';
import { type InputFile, resolveInput } from '../table/resolve-input.js';
import { RunFolder } from '../table/run-folder.js';
import { systemFailure } from '../table/system-failure.js';
import type { PlainRow } from '../table/table-of-rows.js';
import { addedColumnNames, chooseEnsemble } from './added-columns.js';
import { CsvRun } from './csv-run.js';
import type { CsvRunOptions, RunProgress } from './csv-run-options.js';
import { type DataFrame, rowsFrame, type ScoredRow } from './data-frame.js';
import { dataFrameOf } from './detect-frame.js';
import type { LoadContext, LoadModel } from './model-port.js';
import { renderModelSummary } from './model-summary-text.js';
import { fileSink, streamSink } from './output-sink.js';
import { planOutput } from './plan-output.js';
import { refuseTakenColumns, resultColumns } from './result-columns.js';
import type { ModelSummary, RunSummary } from './run-summary.js';
import { scoreTexts } from './score-texts.js';
import { voteColumns } from './vote-columns.js';
import { writeScoredRows } from './write-rows.js';

export type { CsvRunOptions, RunProgress } from './csv-run-options.js';

export interface ProcessorOptions {
  /** How a model is loaded. */
  readonly loadModel: LoadModel;
  /** Default `auto`. */
  readonly device?: 'auto' | 'cpu' | 'cuda';
  /** A row that takes longer gets the status error_timeout. */
  readonly timeoutPerRowMs?: number;
  /** Default false. True forbids any network access. */
  readonly offline?: boolean;
  /** For tests. */
  readonly fileSystem?: FileSystem;
}

export interface RowsOptions {
  /** The key or column of the text. Default: the config's `data.dataset_column`. */
  readonly inputColumn?: string;
  /** Default true. False: only the raw answers are added. */
  readonly parseOutputs?: boolean;
  /** Adds the vote of the models. Default: the config's `ensemble`; false: no vote. */
  readonly ensemble?: EnsembleSettings | false;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RunProgress) => void;
  readonly onNote?: (line: string) => void;
}

/**
 * Scores texts with each enabled model of a config in turn: load, score, dispose, then the next one. A model that fails
 * leaves its columns empty and the others go on.
 */
export class MultiModelBatchProcessor {
  readonly #config: Config;
  readonly #options: ProcessorOptions;
  #lastModels: readonly ModelSummary[] | undefined;

  constructor(config: Config, options: ProcessorOptions) {
    config.validate();
    this.#config = config;
    this.#options = options;
  }

  /**
   * Scores rows in memory. Returns new rows in the same order: the given keys, then for each model
   * `<output_column>_<model>`, `ai_<model>_<field>` (lists joined with ", "), `ai_<model>_confidence` (0 to 1) and
   * `ai_<model>_status`; with a vote, `ensemble_flag`, `ensemble_margin` (0 to 1) and `ensemble_votes`. What is not known is
   * null. The given rows are not changed.
   * @throws RunScoringError INPUT_COLUMN_MISSING, OUTPUT_COLUMN_EXISTS, USAGE_ENSEMBLE, MODEL_NONE_FINISHED; the signal's
   *   reason
   */
  processRows(rows: readonly PlainRow[], options: RowsOptions = {}): Promise<ScoredRow[]> {
    return this.#processFrame(rowsFrame(rows), rows.length === 0, options);
  }

  /**
   * Scores a table in memory and returns one of the same kind, with the columns of {@link processRows} behind its own: a Table of
   * apache-arrow, a DataFrame of nodejs-polars (new columns are texts and 64-bit floats), or rows. Neither library is a
   * dependency: the caller's own is used. The given table is not changed.
   * @throws RunScoringError USAGE_DATA_FRAME, and those of {@link processRows}
   */
  processDataFrame(
    frame: readonly Readonly<Record<string, unknown>>[],
    options?: RowsOptions,
  ): Promise<ScoredRow[]>;
  processDataFrame<T>(frame: T, options?: RowsOptions): Promise<T>;
  processDataFrame<T>(frame: T, options: RowsOptions = {}): Promise<T> {
    const isEmpty = Array.isArray(frame) && frame.length === 0;
    return this.#processFrame(dataFrameOf(frame) as DataFrame<T>, isEmpty, options);
  }

  /** @param isEmpty there is nothing that could have the column */
  async #processFrame<T>(frame: DataFrame<T>, isEmpty: boolean, options: RowsOptions): Promise<T> {
    const config = this.#config;
    const column = options.inputColumn ?? config.data.dataset_column;
    const parse = options.parseOutputs ?? true;
    if (!isEmpty && !frame.header.includes(column)) {
      const near = nearestName(column, frame.header);
      throw new RunScoringError('INPUT_COLUMN_MISSING', 'No row has this key or column.', {
        at: { field: column },
        ...(near === undefined ? {} : { hint: `Did you mean ${JSON.stringify(near)}?` }),
      });
    }
    const ensemble = parse ? chooseEnsemble(config, options.ensemble) : undefined;
    const added = config.getEnabledModels().flatMap((entry) => resultColumns(config, entry.name, parse));
    refuseTakenColumns(frame.header, [...added, ...addedColumnNames({ ensemble })]);
    const result = await scoreTexts({
      texts: isEmpty ? [] : frame.values(column),
      parse,
      config,
      loadModel: this.#options.loadModel,
      context: this.#context(options.signal, options.onNote),
      signal: options.signal,
      onProgress: options.onProgress,
    });
    this.#lastModels = result.models;
    options.signal?.throwIfAborted();
    const failed = result.models.find((model) => model.error !== null);
    if (failed !== undefined && !result.models.some((model) => model.finished)) {
      const { code, message } = failed.error!;
      throw new RunScoringError(
        'MODEL_NONE_FINISHED',
        `No model finished. ${failed.name}: ${message} [${code}]`,
      );
    }
    if (ensemble === undefined) return frame.withColumns(result.columns);
    const name = config.data.human_label_column;
    const human = frame.header.includes(name) ? frame.values(name) : null;
    const vote = await voteColumns(config, ensemble, result, human, (line) => options.onNote?.(line));
    return frame.withColumns([...result.columns, ...vote]);
  }

  /**
   * Scores a table in a file and writes another one: the input's columns, unchanged and in order, then those of each model as
   * in {@link processRows}. Both are CSV, TSV, JSON Lines, XLSX (`file.xlsx#Sheet` names a sheet) or Parquet, by the ending of their
   * names. Memory does not grow with the file. The output replaces an existing file only once it is
   * complete (mode 0600; CSV in UTF-8 with the input's delimiter and line break). Until then every finished row is in a journal in
   * the hidden folder `.<output>.run-scoring` beside it, from which `resume` goes on.
   *
   * A row's failure is its status in the output; a model's failure stands in the summary. When no model finished,
   * nothing is written (exit code 5).
   * @throws RunScoringError INPUT_…, OUTPUT_… or USAGE_…; the output is then as it was before
   */
  async processCsv(options: CsvRunOptions): Promise<RunSummary> {
    const fileSystem = this.#options.fileSystem ?? nodeFileSystem;
    checkLimit(options.limit);
    try {
      const input = await resolveInput(fileSystem, options.inputPath, options.stdin);
      try {
        const parse = options.parseOutputs ?? true;
        const ensemble = parse ? chooseEnsemble(this.#config, options.ensemble) : undefined;
        return await this.#processFile({ ...options, ensemble }, fileSystem, input);
      } finally {
        await input.removeCopy();
      }
    } catch (error) {
      const what = 'The output or its journal cannot be written';
      const hint = 'What was scored before is kept: --resume goes on from there.';
      throw systemFailure(error, 'OUTPUT_FAILED', what, options.outputPath, hint);
    }
  }

  /**
   * Writes rows that {@link processRows} returned, and whatever keys were added to them, as a table in the format that the
   * path's ending tells. The models' cells are guarded against spreadsheets as in a run. Replaces an existing file.
   * @throws RunScoringError OUTPUT_…
   */
  async writeRows(path: string, rows: readonly PlainRow[]): Promise<void> {
    await writeScoredRows(this.#config, path, rows);
  }

  /** The models of the config, and how each of them did in the last run. */
  getModelSummary(): string {
    return renderModelSummary(this.#config, this.#lastModels);
  }

  async #processFile(options: CsvRunOptions, fileSystem: FileSystem, input: InputFile): Promise<RunSummary> {
    const config = this.#config;
    const table = await openTable(fileSystem, input.path, {
      encoding: options.encoding,
      delimiter: options.delimiter,
      onBadRow: options.onBadRow,
      column: options.inputColumn ?? config.data.dataset_column,
      name: input.name,
    });
    try {
      await input.removeCopy();
      const target = await planOutput(fileSystem, config, table, options);
      const folder = await openFolder(fileSystem, target);
      try {
        const run = new CsvRun({
          config,
          loadModel: this.#options.loadModel,
          context: this.#context(options.signal, options.onNote),
          fileSystem,
          table,
          folder,
          target,
          openSink: async () =>
            target === undefined
              ? streamSink(options.stdout ?? process.stdout)
              : fileSink(fileSystem, target),
          options,
        });
        const summary = await run.run();
        this.#lastModels = summary.models;
        return summary;
      } finally {
        await folder.release();
      }
    } finally {
      await table.close().catch(() => {});
    }
  }

  #context(signal: AbortSignal | undefined, onNote: ((line: string) => void) | undefined): LoadContext {
    const { device = 'auto', timeoutPerRowMs, offline = false } = this.#options;
    return {
      device,
      offline,
      note: (line) => onNote?.(line),
      ...(signal === undefined ? {} : { signal }),
      ...(timeoutPerRowMs === undefined ? {} : { timeoutPerRowMs }),
    };
  }
}

function openFolder(fileSystem: FileSystem, target: OutputTarget | undefined): Promise<RunFolder> {
  return target === undefined ? RunFolder.temporary(fileSystem) : RunFolder.open(fileSystem, target);
}

function checkLimit(limit: number | undefined): void {
  if (limit === undefined || (Number.isSafeInteger(limit) && limit >= 0)) return;
  throw new RunScoringError('USAGE_LIMIT', 'The limit must be a whole number of rows, 0 or more.');
}
