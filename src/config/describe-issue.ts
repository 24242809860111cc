import type { z } from 'zod';
import { nearestName } from '../foundation/nearest-name.js';
import { type ConfigIssue, type ConfigPath, formatPath, quote } from './config-issue.js';
import { keysAt, placesOfKey } from './schema-keys.js';
import { unsupportedKey, unsupportedValue } from './unsupported-settings.js';

type ZodIssue = z.core.$ZodIssue;

/** Turns one complaint of the schema into sentences for a person. `raw` is the config before `${VAR}` was expanded. */
export function describeIssue(issue: ZodIssue, raw: unknown): ConfigIssue[] {
  const path = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, raw));

  const value = valueAt(raw, path);
  const special = seedSentence(path, value) ?? unsupportedValue(path, value);
  if (special !== undefined) return [special];
  if (value === undefined) {
    return [{ path, code: 'CONFIG_INVALID', message: `The key ${formatPath(path)} is missing.` }];
  }
  return [{ path, code: 'CONFIG_INVALID', ...sentence(issue, path, value) }];
}

/** The rules of the original tool keep their exact words wherever they are noticed. */
function seedSentence(path: ConfigPath, value: unknown): ConfigIssue | undefined {
  const [first, , last] = path;
  if (first !== 'models') return undefined;
  if (path.length === 1 && Array.isArray(value)) {
    return { path, code: 'CONFIG_TOO_MANY_MODELS', message: 'Maximum of 3 models allowed' };
  }
  if (path.length === 3 && last === 'model_id') {
    const hint = '(a hub id such as owner/name, or a folder that starts with ./ ../ or /).';
    return { path, code: 'CONFIG_MODEL_ID', message: 'Model must have a valid model_id', hint };
  }
  return undefined;
}

function sentence(issue: ZodIssue, path: ConfigPath, value: unknown): { message: string; hint?: string } {
  const last = path.at(-1);
  if (last === 'hf_token') return { message: 'hf_token must be a text of at most 1000 characters.' };
  switch (issue.code) {
    case 'invalid_value':
      return oneOf(issue.values.map(String), value);
    case 'invalid_union':
      if (last === 'type') return oneOf(['enum', 'string', 'string_list'], value);
      return { message: `Must be auto or a whole number from 1 to 1024, not ${quote(value)}.` };
    case 'invalid_type':
      return {
        message: `Must be ${typeName(issue.expected)}, not ${quote(value)}.`,
        ...booleanHint(issue.expected, value),
      };
    case 'too_small':
      return { message: `Must ${amount(issue.origin, 'at least', issue.minimum)}.` };
    case 'too_big':
      return { message: `Must ${amount(issue.origin, 'at most', issue.maximum)}.` };
    case 'invalid_format':
      return { message: patternSentence(path, value) };
    default:
      return { message: 'The value is not valid.' };
  }
}

function amount(origin: string, bound: string, limit: number | bigint): string {
  if (origin === 'string') return `have ${bound} ${limit} characters`;
  if (origin === 'array') return `have ${bound} ${limit} entries`;
  return `be ${bound} ${limit}`;
}

function oneOf(values: string[], value: unknown): { message: string; hint?: string } {
  const near = typeof value === 'string' ? nearestName(value, values) : undefined;
  const list = values.length === 1 ? values[0]! : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
  const message = `Must be ${list}, not ${quote(value)}.`;
  return near === undefined ? { message } : { message, hint: `Did you mean ${quote(near)}?` };
}

function typeName(expected: string): string {
  const names: Record<string, string> = {
    string: 'a text',
    int: 'a whole number',
    number: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a group of keys',
  };
  return names[expected] ?? 'something else';
}

function booleanHint(expected: string, value: unknown): { hint?: string } {
  if (expected !== 'boolean' || typeof value !== 'string') return {};
  return { hint: 'Write true or false without quotes; YAML 1.2 reads yes, no, on and off as texts.' };
}

function patternSentence(path: ConfigPath, value: unknown): string {
  const subject = `${quote(value)} is not valid:`;
  const last = path.at(-1);
  if (last === 'name' && path[0] === 'models') {
    return `${subject} a model name becomes part of column names, so it has 1 to 40 letters, digits, _ or - and starts with a letter or digit.`;
  }
  if (last === 'name') {
    return `${subject} a field name has 1 to 40 letters, digits or _ and starts with a letter.`;
  }
  if (last === 'revision') {
    return `${subject} a revision is a branch, tag or commit of letters, digits, . _ / and -.`;
  }
  return `${subject} a label has 1 to 64 printable characters, no quotes or backslashes, and no space at its ends.`;
}

function unknownKey(parent: ConfigPath, key: string, raw: unknown): ConfigIssue {
  const path = [...parent, key];
  const unsupported = unsupportedKey(path, key);
  if (unsupported !== undefined) return unsupported;
  const near = nearestName(key, keysAt(parent, raw));
  const elsewhere = placesOfKey(key);
  const hint =
    near !== undefined
      ? `Did you mean ${quote(near)}?`
      : elsewhere !== undefined
        ? `It belongs at ${elsewhere}.`
        : `Known here: ${keysAt(parent, raw).join(', ')}.`;
  return { path, code: 'CONFIG_UNKNOWN_KEY', message: `Unknown key ${quote(key)}.`, hint, atKey: true };
}

export function valueAt(value: unknown, path: ConfigPath): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}
