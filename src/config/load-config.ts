import { open } from 'node:fs/promises';
import { RunScoringError } from '../foundation/errors.js';
import { type ConfigIssue, issuesToError } from './config-issue.js';
import { createConfig } from './create-config.js';
import { expandVariables } from './expand-variables.js';
import type { Config } from './schema.js';
import { parseYaml } from './yaml-document.js';

/** A config is some pages of text; anything larger is the wrong file. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads a YAML config, expands `${VAR}` and `${VAR:-default}` in its strings, checks it, and returns it frozen.
 * Relative model folders start at the folder of the file.
 * @param options.env where variables come from; default: the process's environment
 * @throws RunScoringError CONFIG_… with file, line, column and path inside the config
 */
export async function loadConfig(
  path: string,
  options: { env?: Readonly<Record<string, string | undefined>> } = {},
): Promise<Config> {
  return parseConfig(await readText(path), path, options.env ?? process.env);
}

/** The same for a text that is already read; `file` names it in errors and gives the folder. */
export function parseConfig(
  text: string,
  file: string,
  env: Readonly<Record<string, string | undefined>> = {},
): Config {
  const { value: raw, locate } = parseYaml(text, file);
  if (raw !== null && (typeof raw !== 'object' || Array.isArray(raw))) {
    throw new RunScoringError('CONFIG_INVALID', 'A config is a group of keys, such as models:.', {
      at: { file, line: 1, column: 1 },
    });
  }
  const issues: ConfigIssue[] = [];
  const value = expandVariables(raw, env, issues);
  if (issues.length > 0) throw issuesToError(issues, file, locate);
  return createConfig(value, { file, locate, raw });
}

async function readText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    const handle = await open(path, 'r');
    try {
      const stats = await handle.stat();
      if (stats.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
      if (stats.size > MAX_BYTES) {
        throw new RunScoringError('CONFIG_UNREADABLE', 'The config is larger than 1 MiB.', {
          at: { file: path },
        });
      }
      bytes = await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof RunScoringError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') {
      throw new RunScoringError('CONFIG_MISSING', 'There is no such config file.', { at: { file: path } });
    }
    const reason = code === 'EISDIR' ? 'it is a folder' : (code ?? 'unknown reason');
    throw new RunScoringError('CONFIG_UNREADABLE', `The config cannot be read (${reason}).`, {
      at: { file: path },
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new RunScoringError('CONFIG_UNREADABLE', 'The config is not UTF-8 text.', { at: { file: path } });
  }
}
