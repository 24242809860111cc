import { dirname, resolve } from 'node:path';
import { type ConfigIssue, issuesToError, type Locate, quote } from './config-issue.js';
import { DEFAULT_FIELDS } from './default-rubric.js';
import { describeIssue, valueAt } from './describe-issue.js';
import { findBreaches, isLocalModelId } from './rules.js';
import { type Config, type ConfigData, configSchema, type ModelEntry } from './schema.js';

/** Stands in the example config of the original tool; it is no token. */
const TOKEN_PLACEHOLDERS = new Set(['', 'your_token_here']);

export interface ConfigSource {
  /** Name of the config file for error messages. Its folder is where relative model folders start. */
  file?: string;
  /** Where relative model folders start; default: the file's folder, else the working directory. */
  baseFolder?: string;
  /** Finds line and column of a path in the file. */
  locate?: Locate;
  /** The config before `${VAR}` was expanded, so that messages never show a variable's value. */
  raw?: unknown;
}

/**
 * Checks a plain object against schema and rules and returns it frozen, defaults filled in.
 * Keys and values are those of the YAML file; `${VAR}` is not expanded here.
 * @throws RunScoringError CONFIG_… for the first thing that is wrong
 */
export function createConfig(value: unknown, source: ConfigSource = {}): Config {
  const fail = (issues: readonly ConfigIssue[]) => issuesToError(issues, source.file, source.locate);
  const raw = source.raw ?? value;
  const old = oldFormat(raw);
  if (old !== undefined) throw fail([old]);

  const parsed = configSchema.safeParse(value ?? {});
  if (!parsed.success) throw fail(parsed.error.issues.flatMap((issue) => describeIssue(issue, raw)));

  const issues = [
    ...atWhatIsWritten(
      findBreaches(parsed.data, (path) => valueAt(raw, path)),
      raw,
    ),
    ...unsaidChanges(raw, parsed.data),
  ];
  if (issues.length > 0) throw fail(issues);
  const folder =
    source.baseFolder ?? (source.file === undefined ? process.cwd() : dirname(resolve(source.file)));
  return buildConfig(parsed.data, folder);
}

/** The token for one model: its own, else the shared one, else undefined. Never print it. */
export function tokenFor(config: Config, entry: ModelEntry): string | undefined {
  return entry.hf_token ?? config.hf_token;
}

/** The width that an entry asks for, by either of its keys; null where it leaves that open. */
export function wantedQuantization(entry: ModelEntry): NonNullable<ModelEntry['quantization']> | null {
  return entry.quantization ?? (entry.torch_dtype === 'float32' ? 'none' : null);
}

/** Assembles a frozen Config from checked data; also used to derive one config from another. */
export function buildConfig(data: ConfigData, baseFolder: string): Config {
  // A copy without shared references: freezing must not reach the caller's objects or the defaults.
  const { models: _models, hf_token, ...rest } = structuredClone(data);
  const models = data.models.map((entry) => buildEntry(entry, baseFolder));
  const config: Config = {
    models,
    ...rest,
    getEnabledModels: () => models.filter((entry) => entry.enabled),
    validate: () => {
      const issues = findBreaches(config);
      if (issues.length > 0) throw issuesToError(issues);
    },
  };
  hideToken(config, hf_token);
  return deepFreeze(config);
}

function buildEntry(entry: ModelEntry, baseFolder: string): ModelEntry {
  const { hf_token, local_path, ...rest } = entry;
  const built: ModelEntry = { ...rest };
  if (isLocalModelId(rest.model_id)) built.local_path = local_path ?? resolve(baseFolder, rest.model_id);
  hideToken(built, hf_token);
  return built;
}

function hideToken(target: { hf_token?: string | undefined }, token: string | undefined): void {
  const value = token === undefined || TOKEN_PLACEHOLDERS.has(token.trim()) ? undefined : token.trim();
  Object.defineProperty(target, 'hf_token', { value, enumerable: false });
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}

function oldFormat(raw: unknown): ConfigIssue | undefined {
  if (typeof raw !== 'object' || raw === null || !Object.hasOwn(raw, 'model')) return undefined;
  const id = valueAt(raw, ['model', 'model_id']);
  const shown = typeof id === 'string' ? quote(id) : '"meta-llama/Llama-3.2-3B-Instruct"';
  return {
    path: ['model'],
    code: 'CONFIG_OLD_FORMAT',
    message: 'The single "model:" format is no longer supported.',
    hint: `Write a list instead: models: [{ name: "llama_3b", enabled: true, model_id: ${shown} }]`,
    atKey: true,
  };
}

/** Default fields stand nowhere in the file: what leaves no room for them does. */
function atWhatIsWritten(issues: readonly ConfigIssue[], raw: unknown): readonly ConfigIssue[] {
  if (valueAt(raw, ['output', 'fields']) !== undefined) return issues;
  const others = issues.filter(({ path }) => path.at(-1) !== 'max_tokens');
  if (others.length === issues.length) return issues;
  const message = 'max_new_tokens is too small for the default output fields: the answer could never end.';
  return [...others, { path: ['generation', 'max_new_tokens'], code: 'CONFIG_INVALID', message }];
}

/** Cross-checks that need to know what was written and what is a default. */
function unsaidChanges(raw: unknown, data: ConfigData): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const asksForDefaults = valueAt(raw, ['prompt', 'system']) === undefined;
  if (asksForDefaults && !sameFields(data.output.fields)) {
    issues.push({
      path: ['output', 'fields'],
      code: 'CONFIG_INVALID',
      message:
        'Other output fields need their own prompt.system: the default one asks for the default fields.',
    });
  }
  const labels = data.output.fields.flatMap((field) => (field.type === 'string' ? [] : field.values));
  const positive = data.evaluation.positive_class;
  if (valueAt(raw, ['evaluation', 'positive_class']) !== undefined && !labels.includes(positive)) {
    issues.push({
      path: ['evaluation', 'positive_class'],
      code: 'CONFIG_INVALID',
      message: `No output field can have the value ${quote(valueAt(raw, ['evaluation', 'positive_class']))}.`,
    });
  }
  return issues;
}

/** Token budgets may differ; names, kinds and values may not. */
function sameFields(fields: ConfigData['output']['fields']): boolean {
  const shape = (list: ConfigData['output']['fields']) =>
    JSON.stringify(list.map((f) => [f.name, f.type, f.type === 'string' ? null : f.values]));
  return shape(fields) === shape(DEFAULT_FIELDS);
}
