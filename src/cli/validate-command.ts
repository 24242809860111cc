import type { Command } from 'commander';
import { loadConfig } from '../config/load-config.js';
import { modelColumns } from '../config/rules.js';
import { ENSEMBLE_COLUMNS } from '../config/shared-columns.js';
import { ExitCode } from '../foundation/exit-codes.js';
import { findConfig } from './find-config.js';

export function configure(command: Command): void {
  command.option('--config <file>', 'YAML config to check (default: config/config.yaml)');
}

export async function run(options: Record<string, unknown>): Promise<ExitCode> {
  const path = await findConfig(options['config'] as string | undefined);
  const config = await loadConfig(path);
  const lines = config.models.map((entry) => {
    const state = entry.enabled ? 'enabled ' : 'disabled';
    return `  ${entry.name}: ${state} ${entry.model_id}`;
  });
  const columns = config.getEnabledModels().flatMap((entry) => modelColumns(config, entry.name));
  if (config.ensemble !== undefined) columns.push(...ENSEMBLE_COLUMNS);
  process.stderr.write(
    `${path} is valid.\nmodels:\n${lines.join('\n')}\ntext column: ${config.data.dataset_column}\noutput columns:\n  ${columns.join('\n  ')}\n`,
  );
  return ExitCode.done;
}
