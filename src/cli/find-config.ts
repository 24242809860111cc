import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from './package-root.js';

const DEFAULT_CONFIG = 'config/config.yaml';

/** The config to use: the one given, else `config/config.yaml` of the working directory, else the package's own. */
export async function findConfig(given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  try {
    await access(DEFAULT_CONFIG);
    return DEFAULT_CONFIG;
  } catch {
    return join(packageRoot(), DEFAULT_CONFIG);
  }
}
