import { createHash } from 'node:crypto';
import type { Config, ModelEntry } from '../config/schema.js';
import { RunScoringError } from '../foundation/errors.js';
import type { ModelInfo } from './model-port.js';

/**
 * What must be the same for a run to go on where another stopped, by the names that a person knows. Whatever changes
 * only speed (batch size, device, time limit) or only the form of the output (parsing, guard, limit) is left out.
 * Long values stand as SHA-256.
 */
export type ResumeKey = Readonly<Record<string, string>>;

export interface InputKey {
  readonly sha256: string;
  readonly column: string;
  readonly encoding: string;
  readonly delimiter: string;
  readonly onBadRow: string;
}

export function runKey(config: Config, input: InputKey): ResumeKey {
  return {
    'the input file': input.sha256,
    'data.dataset_column': input.column,
    '--encoding': input.encoding,
    '--delimiter': input.delimiter,
    '--on-bad-row': input.onBadRow,
    'prompt.system': digest(config.prompt.system),
    'prompt.user_template': digest(config.prompt.user_template),
    'output.fields': digest(config.output.fields),
    'generation.max_input_tokens': String(config.generation.max_input_tokens),
    'generation.max_new_tokens': String(config.generation.max_new_tokens),
  };
}

/** What all models of a run are asked, whatever the table. */
export function settingsOf(key: ResumeKey): ResumeKey {
  const asked = /^(?:data|prompt|output|generation)\./;
  return Object.fromEntries(Object.entries(key).filter(([name]) => asked.test(name)));
}

/** What the config says of the model, known before it is loaded. */
export function entryKey(entry: ModelEntry): ResumeKey {
  const of = `of model ${entry.name}`;
  return {
    [`model_id ${of}`]: entry.local_path ?? entry.model_id,
    [`revision ${of}`]: entry.revision ?? '',
    [`torch_dtype ${of}`]: entry.torch_dtype,
    [`quantization ${of}`]: entry.quantization ?? '',
    [`constrained ${of}`]: String(entry.constrained),
  };
}

/** What the loaded model adds: which weights it really has. */
export function weightsKey(entry: ModelEntry, info: ModelInfo): ResumeKey {
  return { [`the files of model ${entry.name}`]: `${info.fingerprint} ${info.quantization}` };
}

/** @throws RunScoringError USAGE_RESUME_CHANGED, naming what differs. Names that only one key has are no difference. */
export function refuseChangedKey(before: unknown, now: ResumeKey, output: string): void {
  const old = typeof before === 'object' && before !== null ? (before as Record<string, unknown>) : {};
  const changed = Object.keys(now).filter((name) => Object.hasOwn(old, name) && old[name] !== now[name]);
  if (changed.length === 0) return;
  throw new RunScoringError(
    'USAGE_RESUME_CHANGED',
    `The run cannot be resumed: ${changed.join(', ')} changed since it began.`,
    { at: { file: output }, hint: 'Undo the change, or leave --resume out to score everything anew.' },
  );
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
