import type { Config, ModelEntry } from '../config/schema.js';
import { ExitCode } from '../foundation/exit-codes.js';
import { changedSettings, isAbout, type RecordedRuns, readRunRecord } from '../report/recorded-runs.js';
import type { FileSystem } from '../table/file-system.js';
import { type OutputTarget, refuseExisting } from '../table/output-target.js';
import type { RunFolder } from '../table/run-folder.js';
import type { Table } from '../table/table.js';
import { outputLayout, outputRowCheck } from '../table/table-writer.js';
import { addedColumnNames } from './added-columns.js';
import type { CsvRunOptions } from './csv-run-options.js';
import { type MergedModel, mergeOutput } from './merge-output.js';
import { ModelJournal } from './model-journal.js';
import type { LoadContext, LoadModel, ScoringRow } from './model-port.js';
import type { OutputSink } from './output-sink.js';
import { prepareAddedColumns } from './prepare-added-columns.js';
import { isFailed } from './record.js';
import { entryKey, type ResumeKey, refuseChangedKey, runKey, settingsOf, weightsKey } from './resume-key.js';
import { type ModelOutcome, runModel } from './run-model.js';
import { findFinishedRun, finishedState, outputForm, startedState } from './run-state.js';
import { type ModelSummary, type RunSummary, runExitCode, Tally } from './run-summary.js';
import { type Survey, surveyTable } from './survey-table.js';
import { unaskedStatus } from './unasked-rows.js';

export interface CsvRunParts {
  readonly config: Config;
  readonly loadModel: LoadModel;
  readonly context: LoadContext;
  readonly fileSystem: FileSystem;
  readonly table: Table;
  readonly folder: RunFolder;
  /** Undefined for stdout. */
  readonly target: OutputTarget | undefined;
  readonly openSink: () => Promise<OutputSink>;
  readonly options: CsvRunOptions;
}

interface ModelState {
  readonly entry: ModelEntry;
  readonly journal: ModelJournal;
  readonly tally: Tally;
  outcome: ModelOutcome | undefined;
}

const NOT_RUN: ModelOutcome = {
  info: null,
  finished: false,
  scored: 0,
  seconds: 0,
  loadSeconds: 0,
  error: null,
};

/** One run over one table: survey, score model after model into the journals, merge, put the output in place. */
export class CsvRun {
  readonly #parts: CsvRunParts;
  readonly #started = performance.now();
  readonly #models: ModelState[];
  readonly #parse: boolean;
  #earlier: RecordedRuns = new Map();

  constructor(parts: CsvRunParts) {
    this.#parts = parts;
    this.#parse = parts.options.parseOutputs ?? true;
    this.#models = parts.config.getEnabledModels().map((entry) => ({
      entry,
      journal: new ModelJournal(parts.fileSystem, parts.folder, entry.name),
      tally: new Tally(parts.config),
      outcome: undefined,
    }));
  }

  async run(): Promise<RunSummary> {
    const { options, folder, table, config, fileSystem, target } = this.#parts;
    const retry = options.retryErrors === true;
    const resume = options.resume === true || retry;
    const key = runKey(config, {
      sha256: await table.digest(),
      column: table.header[table.column]!,
      encoding: table.encoding,
      delimiter: table.dialect.delimiter,
      onBadRow: options.onBadRow ?? 'refuse',
    });
    if (resume) {
      const finished = await this.#findUnfinished(key, retry);
      if (finished !== undefined) return finished;
    }
    if (options.clobber === false && target !== undefined) await refuseExisting(fileSystem, target);
    this.#earlier = await this.#readEarlierRuns(key);
    const check = outputRowCheck(options.outputPath, table);
    const survey = await surveyTable(table, options.limit, options.signal, check);
    if (survey === 'stopped') return this.#summary({ rows: 0, badRows: 0, interrupted: true });
    if (!resume) await folder.clear(true);
    await folder.writeState(startedState(this.#fullKey(key)));
    for (const model of this.#models) {
      if (options.signal?.aborted === true) break;
      model.outcome = await this.#scoreWith(model, survey, key, retry);
    }
    const counts = { rows: survey.rows, badRows: survey.badRows };
    if (this.#models.some((model) => model.outcome === undefined || isStopped(model.outcome))) {
      return this.#unfinished({ ...counts, interrupted: true });
    }
    if (!this.#models.some((model) => model.outcome?.finished === true)) return this.#unfinished(counts);
    return this.#writeOutput(survey, key);
  }

  /** The models whose columns the input has already. */
  async #readEarlierRuns(key: ResumeKey): Promise<RecordedRuns> {
    const { fileSystem, table, options } = this.#parts;
    if (options.inputPath === '-') return new Map();
    const record = await readRunRecord(fileSystem, options.inputPath, table.header);
    if (record === undefined || record.runs.size === 0) return new Map();
    if (!(await isAbout(fileSystem, options.inputPath, record))) return new Map();
    const { runs } = record;
    for (const [model, settings] of runs) {
      const changed = changedSettings(settings, settingsOf(key));
      if (changed.length === 0) continue;
      const names = changed.join(', ');
      this.#note(
        `warning: the input's columns of ${model} were made with another config (${names}); the new ones cannot be compared with them.`,
      );
    }
    return runs;
  }

  /** The summary of a run that has nothing left to do; otherwise what is there is made ready to go on. */
  async #findUnfinished(key: ResumeKey, retry: boolean): Promise<RunSummary | undefined> {
    const { folder, fileSystem, target, options } = this.#parts;
    const state = await folder.readState();
    const fullKey = this.#fullKey(key);
    refuseChangedKey(state?.['key'], fullKey, options.outputPath);
    for (const { journal, entry } of this.#models) {
      await journal.scan();
      refuseChangedKey(journal.key, { ...key, ...entryKey(entry) }, options.outputPath);
    }
    const nothingToRetry = this.#models.every(({ journal }) => journal.failedRows.length === 0);
    if (!retry || nothingToRetry) {
      const finished = await findFinishedRun(fileSystem, state, this.#form(), target);
      if (finished !== undefined) {
        this.#note('The run had finished; there is nothing left to do.');
        return { ...finished, alreadyDone: true };
      }
    }
    if (retry) for (const { journal } of this.#models) await journal.compact();
    return undefined;
  }

  async #scoreWith(model: ModelState, survey: Survey, key: ResumeKey, retry: boolean): Promise<ModelOutcome> {
    const { config, loadModel, context, options } = this.#parts;
    const { entry, journal } = model;
    const again = new Set(retry ? journal.failedRows.filter((row) => row < survey.rows) : []);
    if (journal.lastRow >= survey.lastText && again.size === 0) {
      if (journal.count > 0) this.#note(`${entry.name}: every row was scored before.`);
      return { ...NOT_RUN, finished: true };
    }
    if (journal.count > 0) {
      const first = journal.lastRow + 2;
      this.#note(`${entry.name}: ${journal.count} records taken over; goes on at row ${first}.`);
    }
    let failed = journal.failedRows.length - again.size;
    const report = (done: number) =>
      options.onProgress?.({ model: entry.name, done, total: survey.rows, failed });
    const outcome = await runAndClose(journal, () =>
      runModel({
        entry,
        config,
        loadModel,
        context,
        signal: options.signal,
        rows: this.#rowsFor(journal.lastRow, again),
        onLoaded: async (info) => {
          const full = { ...key, ...entryKey(entry), ...weightsKey(entry, info) };
          refuseChangedKey(journal.key, full, options.outputPath);
          await journal.open(full, retry);
          report(Math.max(0, journal.lastRow + 1));
        },
        onRecord: async (record) => {
          await journal.append(record);
          if (isFailed(record.status)) failed += 1;
          report(record.row + 1);
        },
      }),
    );
    if (outcome.finished) report(survey.rows);
    if (outcome.error !== null) this.#note(`${entry.name}: ${outcome.error.message} [${outcome.error.code}]`);
    return outcome;
  }

  /** The rows that the model still has to score. */
  async *#rowsFor(lastRow: number, again: ReadonlySet<number>): AsyncGenerator<ScoringRow, void, undefined> {
    const { table, options } = this.#parts;
    for await (const row of table.rows({ limit: options.limit })) {
      if (row.row <= lastRow && !again.has(row.row)) continue;
      if (unaskedStatus(row, table.column) !== undefined) continue;
      yield { row: row.row, text: row.cells[table.column]! };
    }
  }

  async #writeOutput(survey: Survey, key: ResumeKey): Promise<RunSummary> {
    const { config, table, options, folder, fileSystem, target, openSink } = this.#parts;
    const sink = await openSink();
    const counts = { rows: survey.rows, badRows: survey.badRows };
    let summary: RunSummary;
    try {
      const models = this.#models.map(toMerged);
      const names = this.#parse ? addedColumnNames(options) : [];
      const added =
        names.length === 0
          ? undefined
          : {
              names,
              columns: await prepareAddedColumns(config, options, table, survey.rows, models, (line) =>
                this.#note(line),
              ),
            };
      const riskyCells = await mergeOutput({
        config,
        table,
        models,
        added,
        outputPath: options.outputPath,
        limit: options.limit,
        parse: this.#parse,
        guard: options.formulaGuard ?? 'outputs',
        write: (bytes) => sink.write(bytes),
        signal: options.signal,
      });
      if (options.signal?.aborted === true) {
        await sink.discard();
        return this.#summary({ ...counts, interrupted: true });
      }
      if (options.clobber === false && target !== undefined) await refuseExisting(fileSystem, target);
      await sink.commit();
      await this.#tallyJournals((model) => model.outcome?.finished !== true);
      const layout = outputLayout(options.outputPath, table);
      summary = this.#summary({ ...counts, riskyCells, outputWritten: true, layout });
    } catch (error) {
      await sink.discard();
      throw error;
    }
    if (target === undefined) return summary;
    // The output is complete: what follows only makes a later --resume cheaper and may fail.
    try {
      const complete = this.#models.every((model) => model.outcome?.finished === true);
      if (complete) {
        await folder.writeState(
          await finishedState(
            this.#fullKey(key),
            this.#form(),
            summary,
            new Map([
              ...this.#earlier,
              ...this.#models.map(({ entry }) => [entry.name, settingsOf(key)] as const),
            ]),
            fileSystem,
            target,
          ),
        );
      }
      if (summary.exitCode === ExitCode.done && !survey.limited) await folder.clear(false);
    } catch {
      this.#note('The output is complete, but the record of the run could not be tidied up.');
    }
    return summary;
  }

  /** The output stays as it was; what was scored stays in the journals. */
  async #unfinished(facts: Pick<RunSummary, 'rows' | 'badRows'> & Partial<RunSummary>): Promise<RunSummary> {
    await this.#tallyJournals();
    const summary = this.#summary(facts);
    const nothingScored = summary.models.every((model) => model.scoredNow + model.reused === 0);
    if (nothingScored) await this.#parts.folder.clear(true);
    return summary;
  }

  /** Counts the records of models whose columns the merge has not counted. */
  async #tallyJournals(which: (model: ModelState) => boolean = () => true): Promise<void> {
    for (const model of this.#models.filter(which)) {
      for await (const record of model.journal.records()) model.tally.add(record);
    }
  }

  #summary(facts: Pick<RunSummary, 'rows' | 'badRows'> & Partial<RunSummary>): RunSummary {
    const { options } = this.#parts;
    const models = this.#models.map(toSummary);
    return {
      input: options.inputPath,
      output: options.outputPath,
      models,
      seconds: (performance.now() - this.#started) / 1000,
      riskyCells: { input: 0, output: 0 },
      interrupted: false,
      alreadyDone: false,
      outputWritten: false,
      exitCode: runExitCode(models, facts.interrupted ?? false),
      ...facts,
    };
  }

  #fullKey(key: ResumeKey): ResumeKey {
    return Object.assign({}, key, ...this.#models.map(({ entry }) => entryKey(entry)));
  }

  #form(): string {
    const { config, options } = this.#parts;
    return outputForm(config, options, this.#parse);
  }

  #note(line: string): void {
    this.#parts.options.onNote?.(line);
  }
}

/** Neither finished nor failed: the signal stopped it. */
function isStopped(outcome: ModelOutcome): boolean {
  return !outcome.finished && outcome.error === null;
}

function toMerged({ entry, journal, tally, outcome }: ModelState): MergedModel {
  const finished = outcome?.finished === true;
  return { name: entry.name, finished, tally, records: () => journal.records() };
}

function toSummary({ entry, journal, tally, outcome = NOT_RUN }: ModelState): ModelSummary {
  return {
    name: entry.name,
    modelId: entry.model_id,
    info: outcome.info,
    finished: outcome.finished,
    statuses: tally.statuses,
    labels: tally.labels,
    scoredNow: outcome.scored,
    reused: journal.count,
    seconds: outcome.seconds,
    loadSeconds: outcome.loadSeconds,
    inputTokens: tally.inputTokens,
    outputTokens: tally.outputTokens,
    error: outcome.error,
  };
}

/** Closes the journal whatever happens; the first failure is the one that is told. */
async function runAndClose(journal: ModelJournal, work: () => Promise<ModelOutcome>): Promise<ModelOutcome> {
  let outcome: ModelOutcome;
  try {
    outcome = await work();
  } catch (error) {
    await journal.close().catch(() => {});
    throw error;
  }
  await journal.close();
  return outcome;
}
