import type { Config } from '../config/schema.js';
import { isFailed, isScored, ROW_STATUSES, type RowStatus } from './record.js';
import type { ModelSummary } from './run-summary.js';

/** One line for each model of the config; after a run with what became of its rows. No cell text. */
export function renderModelSummary(config: Config, results: readonly ModelSummary[] | undefined): string {
  const enabled = config.getEnabledModels();
  const lines = [`Models: ${enabled.length} of ${config.models.length} enabled`];
  for (const entry of config.models) {
    const result = results?.find((model) => model.name === entry.name);
    const state = result !== undefined ? outcomeText(result) : entry.enabled ? 'enabled' : 'disabled';
    lines.push(`  ${entry.name} (${entry.model_id || 'no model_id'}): ${state}`);
  }
  return lines.join('\n');
}

function outcomeText(model: ModelSummary): string {
  const count = (which: (status: RowStatus) => boolean) =>
    ROW_STATUSES.reduce((sum, status) => sum + (which(status) ? model.statuses[status] : 0), 0);
  const rows = [
    `${count(isScored)} scored`,
    `${model.statuses.empty_input} empty`,
    `${count(isFailed)} failed`,
  ].join(', ');
  if (model.error !== null) return `failed: ${model.error.message} [${model.error.code}] (${rows})`;
  return model.finished ? rows : `not finished (${rows})`;
}
