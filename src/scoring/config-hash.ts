import { createHash } from 'node:crypto';
import type { Config } from '../config/schema.js';
import { entryKey, runKey } from './resume-key.js';

/** Twelve hexadecimal digits that differ when what decides the models' answers differs: prompt, fields, limits, models. */
export function configHash(config: Config): string {
  const input = { sha256: '', column: '', encoding: '', delimiter: '', onBadRow: '' };
  const key = Object.assign(
    {},
    runKey(config, input),
    ...config.getEnabledModels().map((entry) => {
      // Where a model's folder lies decides nothing.
      const { local_path: _, ...rest } = entry;
      return entryKey(rest);
    }),
  );
  return createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 12);
}
