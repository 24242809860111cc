import type { ConfigIssue, ConfigPath } from './config-issue.js';
import { quote } from './config-issue.js';
import { type ConfigData, MAX_MODELS } from './schema.js';
import { CONFIG_HASH_COLUMN, ENSEMBLE_COLUMNS } from './shared-columns.js';

const HUB_PART = /^(?!.*(?:--|\.\.))[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?$/;

/** A folder is meant only when it says so: it starts with `./`, `../` or `/`. Nothing else is ever read as a path. */
export function isLocalModelId(modelId: string): boolean {
  return /^(?:\.{1,2})?\//.test(modelId);
}

/** `owner/name` as the hub allows it. */
export function isHubModelId(modelId: string): boolean {
  const parts = modelId.split('/');
  return parts.length === 2 && parts.every((part) => HUB_PART.test(part));
}

/** Every column that one model adds, in order: raw answer, the output fields, confidence, status. */
export function modelColumns(config: ConfigData, modelName: string): string[] {
  const fields = config.output.fields.map((field) => field.name);
  return [
    `${config.data.output_column}_${modelName}`,
    ...[...fields, 'confidence', 'status'].map((field) => `ai_${modelName}_${field}`),
  ];
}

/** What may be shown of the value at a path: a config file's own words, not what a variable expanded to. */
export type Shown = (path: ConfigPath, value: unknown) => unknown;

/** The rules that look beyond a single key. Pure: finds every breach, reads no files. */
export function findBreaches(config: ConfigData, shown: Shown = (_path, value) => value): ConfigIssue[] {
  return [...modelBreaches(config, shown), ...outputBreaches(config), ...promptBreaches(config)];
}

function modelBreaches(config: ConfigData, shown: Shown): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const { models } = config;
  if (models.length > MAX_MODELS) {
    issues.push(invalid(['models'], 'CONFIG_TOO_MANY_MODELS', 'Maximum of 3 models allowed'));
  }
  if (!models.some((model) => model.enabled)) {
    issues.push(
      invalid(
        ['models'],
        'CONFIG_NO_MODEL',
        'At least one model must be enabled',
        '(set enabled: true for a model).',
      ),
    );
  }
  const names = new Set<string>();
  models.forEach((model, index) => {
    // Tables and file systems that ignore case must not mix two models up.
    const name = model.name.toLowerCase();
    if (names.has(name)) {
      const hint = `(${quote(model.name)} is used before; upper and lower case count as the same).`;
      issues.push(
        invalid(['models', index, 'name'], 'CONFIG_DUPLICATE_NAME', 'Model names must be unique', hint),
      );
    }
    names.add(name);
    if (name === 'ensemble') {
      const message = `The model name ${quote(model.name)} is taken by the vote of the models.`;
      issues.push(invalid(['models', index, 'name'], 'CONFIG_INVALID', message));
    }
    const path: ConfigPath = ['models', index, 'model_id'];
    const issue = modelIdBreach(model.model_id, model.enabled, path, shown);
    if (issue !== undefined) issues.push(issue);
    if (model.revision !== undefined && isLocalModelId(model.model_id)) {
      const message = 'A folder has no revisions; this is for models of the hub.';
      issues.push(invalid(['models', index, 'revision'], 'CONFIG_INVALID', message));
    }
    const { quantization } = model;
    if (model.torch_dtype === 'float32' && quantization !== undefined && quantization !== 'none') {
      const message = `float32 is quantization "none", but quantization is ${quote(quantization)}.`;
      issues.push(invalid(['models', index, 'torch_dtype'], 'CONFIG_INVALID', message));
    }
  });
  return issues;
}

function modelIdBreach(
  modelId: string,
  enabled: boolean,
  path: ConfigPath,
  shown: Shown,
): ConfigIssue | undefined {
  const sentence = 'Model must have a valid model_id';
  // A disabled entry may be a place holder that is filled in later.
  if (modelId === '' && !enabled) return undefined;
  if (isHubModelId(modelId)) return undefined;
  if (isLocalModelId(modelId) && !/\p{Cc}/u.test(modelId)) return undefined;
  const hint =
    modelId === ''
      ? '(a hub id such as owner/name, or a folder that starts with ./ ../ or /).'
      : `(${quote(shown(path, modelId))} is neither a hub id, owner/name, nor a folder that starts with ./ ../ or /).`;
  return invalid(path, 'CONFIG_MODEL_ID', sentence, hint);
}

function outputBreaches(config: ConfigData): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const seen = new Set<string>();
  config.output.fields.forEach((field, index) => {
    const path: ConfigPath = ['output', 'fields', index];
    const name = field.name.toLowerCase();
    if (name === 'status' || name === 'confidence') {
      const message = `The field name ${quote(field.name)} is taken by a column that every model has.`;
      issues.push(invalid([...path, 'name'], 'CONFIG_INVALID', message));
    }
    if (seen.has(name)) {
      issues.push(invalid([...path, 'name'], 'CONFIG_INVALID', 'Field names must be unique.'));
    }
    seen.add(name);
    if (field.type === 'string') {
      if (field.max_tokens > config.generation.max_new_tokens) {
        const message = 'max_tokens is larger than generation.max_new_tokens, so the answer could never end.';
        issues.push(invalid([...path, 'max_tokens'], 'CONFIG_INVALID', message));
      }
      return;
    }
    if (new Set(field.values).size !== field.values.length) {
      issues.push(invalid([...path, 'values'], 'CONFIG_INVALID', 'The values must be unique.'));
    }
    const taken = field.type === 'enum' ? 'abstain' : 'overall';
    if (field.values.includes(taken)) {
      const use = field.type === 'enum' ? 'an open tie of the vote' : 'the sum of all tags';
      const message = `The value ${quote(taken)} stands for ${use}.`;
      issues.push(invalid([...path, 'values'], 'CONFIG_INVALID', message));
    }
    if (field.type === 'string_list' && field.values.some((value) => value.includes(','))) {
      const message =
        'Values of a string_list may not hold a comma: lists are joined with ", " in the output.';
      issues.push(invalid([...path, 'values'], 'CONFIG_INVALID', message));
    }
  });
  issues.push(...columnBreaches(config));
  return issues;
}

/**
 * Model `a` with a field `b_flag` and model `a_b` with a field `flag` would share a column. The columns of the vote are no
 * model's in a config without a vote either: a command may add them, or take them for a vote.
 */
function columnBreaches(config: ConfigData): ConfigIssue[] {
  const names = config.models.map((model) => model.name.toLowerCase());
  if (new Set(names).size !== names.length) return [];
  const inputs = [config.data.dataset_column, config.data.human_label_column].map((name) =>
    name.toLowerCase(),
  );
  const taken = new Set<string>([...ENSEMBLE_COLUMNS, CONFIG_HASH_COLUMN]);
  for (const [index, model] of config.models.entries()) {
    for (const column of modelColumns(config, model.name)) {
      const key = column.toLowerCase();
      const path: ConfigPath = ['models', index, 'name'];
      if (taken.has(key)) {
        const message = `Two output columns would be named ${quote(column)}; rename the model.`;
        return [invalid(path, 'CONFIG_INVALID', message)];
      }
      if (inputs.includes(key)) {
        const message = `The output column ${quote(column)} would have the name of an input column.`;
        return [invalid(path, 'CONFIG_INVALID', message)];
      }
      taken.add(key);
    }
  }
  return [];
}

function promptBreaches(config: ConfigData): ConfigIssue[] {
  const count = config.prompt.user_template.split('{{text}}').length - 1;
  if (count === 1) return [];
  const message = `prompt.user_template must hold {{text}} exactly once; it does so ${count} times.`;
  return [invalid(['prompt', 'user_template'], 'CONFIG_INVALID', message)];
}

function invalid(path: ConfigPath, code: ConfigIssue['code'], message: string, hint?: string): ConfigIssue {
  return { path, code, message, ...(hint === undefined ? {} : { hint }) };
}
