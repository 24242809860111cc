import { loadEncoder } from '../backends/load-engine.js';
import { tokenFor, wantedQuantization } from '../config/create-config.js';
import type { Config, ModelEntry } from '../config/schema.js';
import { ExitCode } from '../foundation/exit-codes.js';
import type { PromptEncoder } from '../prompt/prompt-encoder.js';
import type { EnsembleSettings } from '../report/ensemble-cells.js';
import { chooseEnsemble } from '../scoring/added-columns.js';
import { planOutput } from '../scoring/plan-output.js';
import { nodeFileSystem } from '../table/file-system.js';
import { openTable } from '../table/open-table.js';
import { refuseExisting } from '../table/output-target.js';
import { resolveInput } from '../table/resolve-input.js';
import type { Table } from '../table/table.js';
import { resolveFolder } from '../worker/resolve-folder.js';
import { measurePrompts, renderCounts, renderSamples } from './dry-run.js';
import type { RunOptions } from './run-options.js';

/**
 * `--dry-run`: everything but scoring. Loads tokenizers, no weights; writes no file; the report goes to stderr.
 * @param vote what the command line says about it
 */
export async function dryRun(
  options: RunOptions,
  config: Config,
  vote: EnsembleSettings | false | undefined,
): Promise<ExitCode> {
  const input = await resolveInput(nodeFileSystem, options.input);
  try {
    const { encoding, delimiter, onBadRow } = options;
    const column = config.data.dataset_column;
    const reading = { encoding, delimiter, onBadRow, column, name: input.name };
    const table = await openTable(nodeFileSystem, input.path, reading);
    try {
      await input.removeCopy();
      await checkOutput(options, config, vote, table);
      return await measureModels(options, config, table);
    } finally {
      await table.close();
    }
  } finally {
    await input.removeCopy();
  }
}

async function checkOutput(
  options: RunOptions,
  config: Config,
  vote: EnsembleSettings | false | undefined,
  table: Table,
): Promise<void> {
  const { input, output, parse, configHash } = options;
  const target = await planOutput(nodeFileSystem, config, table, {
    inputPath: input,
    outputPath: output,
    parseOutputs: parse,
    configHash,
    ensemble: parse ? chooseEnsemble(config, vote) : undefined,
  });
  if (!options.clobber && target !== undefined) await refuseExisting(nodeFileSystem, target);
}

async function measureModels(options: RunOptions, config: Config, table: Table): Promise<ExitCode> {
  const say = (text: string) => {
    if (options.verbosity !== 'quiet') process.stderr.write(text);
  };
  const summaries: object[] = [];
  for (const [index, entry] of config.getEnabledModels().entries()) {
    const encoder = await openEncoder(entry, config, options);
    const report = await measurePrompts(texts(table, options.limit), encoder);
    if (index === 0) say(renderSamples(report));
    say(renderCounts(report, entry.name, config.generation.max_input_tokens));
    const tokens = report.promptTokens;
    summaries.push({
      name: entry.name,
      rows: report.rows,
      empty: report.empty,
      truncated: report.truncated,
      prompt_tokens: tokens.length === 0 ? null : { least: tokens[0], most: tokens.at(-1) },
    });
  }
  if (options.json)
    process.stdout.write(`${JSON.stringify({ exit_code: 0, dry_run: true, models: summaries })}\n`);
  return ExitCode.done;
}

async function openEncoder(entry: ModelEntry, config: Config, options: RunOptions): Promise<PromptEncoder> {
  const { folder } = await resolveFolder(
    {
      modelId: entry.model_id,
      localPath: entry.local_path ?? null,
      revision: entry.revision ?? null,
      token: tokenFor(config, entry) ?? null,
      quantization: wantedQuantization(entry),
      device: options.device ?? 'auto',
      offline: options.offline,
    },
    (line) => {
      if (options.verbosity === 'verbose') process.stderr.write(`${line}\n`);
    },
    { withoutWeights: true },
  );
  const { system, user_template } = config.prompt;
  return loadEncoder({
    folder,
    fields: config.output.fields,
    constrained: entry.constrained,
    prompt: { system, user_template },
    maxInputTokens: config.generation.max_input_tokens,
  });
}

/** The texts of rows that are not damaged. */
async function* texts(table: Table, limit: number | undefined): AsyncGenerator<string> {
  for await (const { cells, fault } of table.rows({ limit })) {
    if (fault === null) yield cells[table.column]!;
  }
}
