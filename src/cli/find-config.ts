import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const DEFAULT_CONFIG = 'config/config.yaml';

/** The config to use: the one given, else `config/config.yaml` of the working directory, else the package's own. */
export async function findConfig(given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  try {
    await access(DEFAULT_CONFIG);
    return DEFAULT_CONFIG;
  } catch {
    // From dist/src/cli/ up to the package's root.
    return fileURLToPath(new URL(`../../../${DEFAULT_CONFIG}`, import.meta.url));
  }
}
