import { loadEncoder } from '../backends/load-engine.js';
import { tokenFor, wantedQuantization } from '../config/create-config.js';
import type { Config, ModelEntry } from '../config/schema.js';
import { RunScoringError } from '../foundation/errors.js';
import { ExitCode } from '../foundation/exit-codes.js';
import type { PromptEncoder } from '../prompt/prompt-encoder.js';
import { readColumn } from '../table/read-column.js';
import { resolveFolder } from '../worker/resolve-folder.js';
import { measurePrompts, renderCounts, renderSamples } from './dry-run.js';
import type { RunOptions } from './run-options.js';

/** `--dry-run`: everything but scoring. Loads tokenizers, no weights; writes no file; the report goes to stderr. */
export async function dryRun(options: RunOptions, config: Config): Promise<ExitCode> {
  const models = config.getEnabledModels();
  if (options.input === '-' && models.length > 1) {
    throw new RunScoringError('USAGE_OPTION', 'A dry run of several models cannot read stdin; give a file.');
  }
  const summaries: object[] = [];
  for (const [index, entry] of models.entries()) {
    const encoder = await openEncoder(entry, config, options);
    const report = await measurePrompts(texts(options, config), encoder);
    if (index === 0 && options.verbosity !== 'quiet') process.stderr.write(renderSamples(report));
    process.stderr.write(renderCounts(report, entry.name, config.generation.max_input_tokens));
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

async function* texts(options: RunOptions, config: Config): AsyncGenerator<string> {
  const { limit, encoding, delimiter } = options;
  const rows = readColumn(options.input, {
    column: config.data.dataset_column,
    onBadRow: options.onBadRow,
    ...(limit === undefined ? {} : { limit }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(delimiter === undefined ? {} : { delimiter }),
  });
  for await (const { text } of rows) yield text;
}
