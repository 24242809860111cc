import { type Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../config/load-config.js';
import type { Config } from '../config/schema.js';
import { RunScoringError } from '../foundation/errors.js';
import type { LabelMapping } from '../report/label-codes.js';
import type { ReadResultsOptions } from '../report/read-results.js';
import { rubricOf } from '../report/rubric.js';
import { findConfig } from './find-config.js';

/** The options of every command that reads a scored table. */
export function addTableOptions(command: Command): Command {
  return command
    .option('--config <file>', 'config that the table was made with (default: config/config.yaml)')
    .option('--models <names>', 'only these models of the table, separated by commas')
    .option('--key <column>', 'column that names each row; its cells must be unique')
    .option('--map-labels <pairs>', 'what words mean, such as Good=good,nan=', collectPairs)
    .option('--allow-mixed-runs', 'read rows of runs with different configs as one table')
    .option('--encoding <name>', 'encoding of the table (default: utf-8)')
    .option('--delimiter <char>', 'delimiter of the table (default: found by itself)');
}

export interface SamplingOptions {
  readonly resamples: number;
  readonly level: number;
  readonly seed: number;
}

export function addSamplingOptions(command: Command): Command {
  return command
    .option('--resamples <n>', 'resamples of the bootstrap', '1000')
    .option('--level <share>', 'level of the intervals', '0.95')
    .option('--seed <n>', 'seed of the bootstrap', '1');
}

export function readSamplingOptions(raw: Record<string, unknown>): SamplingOptions {
  return {
    resamples: readNumber(raw, 'resamples', 10, 1_000_000, true)!,
    level: readNumber(raw, 'level', 0.5, 0.999)!,
    seed: readNumber(raw, 'seed', 0, 2 ** 32 - 1, true)!,
  };
}

export interface TableOptions extends ReadResultsOptions {
  readonly mapping: LabelMapping;
  /** Path of the config. */
  readonly config: string;
  /** How the config has the models vote. */
  readonly vote: Config['ensemble'];
}

/** What the options say about reading a table, with the rubric of the config. */
export async function readTableOptions(raw: Record<string, unknown>, path: string): Promise<TableOptions> {
  const text = (key: string) => raw[key] as string | undefined;
  const configPath = await findConfig(text('config'));
  const config = await loadConfig(configPath);
  const rubric = rubricOf(config);
  const mapping = (raw['mapLabels'] ?? []) as LabelMapping;
  const meanings = [...rubric.labels, ...rubric.tags, '0', '1', ''];
  for (const [, meaning] of mapping) {
    if (meanings.includes(meaning)) continue;
    throw new RunScoringError('USAGE_OPTION', `--map-labels: ${JSON.stringify(meaning)} is no label.`, {
      hint: `Labels: ${rubric.labels.join(', ')}; 0 and 1 for tag columns; nothing for no label.`,
    });
  }
  const names = text('models')
    ?.split(',')
    .map((name) => name.trim());
  return {
    path,
    rubric,
    config: configPath,
    vote: config.ensemble,
    mapping,
    encoding: text('encoding'),
    delimiter: text('delimiter'),
    keyColumn: text('key'),
    raters: names,
    allowMixedRuns: raw['allowMixedRuns'] === true,
  };
}

/** @throws RunScoringError USAGE_OPTION; undefined when the option was not given */
export function readNumber(
  raw: Record<string, unknown>,
  key: string,
  least: number,
  most: number,
  whole = false,
): number | undefined {
  const text = raw[key];
  if (text === undefined) return undefined;
  const value = Number(text);
  const plain = whole ? /^\d+$/ : /^\d*\.?\d+$/;
  if (plain.test(String(text)) && value >= least && value <= most) return value;
  const option = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const kind = whole ? 'a whole number' : 'a number';
  throw new RunScoringError('USAGE_OPTION', `${option} must be ${kind} from ${least} to ${most}.`);
}

function collectPairs(text: string, before: LabelMapping = []): LabelMapping {
  const pairs = [...before];
  for (const pair of text.split(',')) {
    const at = pair.lastIndexOf('=');
    if (at < 0) throw new InvalidArgumentError('Write pairs as WORD=LABEL,WORD=LABEL.');
    pairs.push([pair.slice(0, at).trim(), pair.slice(at + 1).trim()]);
  }
  return pairs;
}
