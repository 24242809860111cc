import { RunScoringError } from '../foundation/errors.js';
import { nearestName } from '../foundation/nearest-name.js';
import { quote } from './config-issue.js';
import { buildConfig } from './create-config.js';
import type { Config, Generation, ModelEntry } from './schema.js';

/**
 * The config with exactly these models enabled, in the config's own order.
 * @throws RunScoringError USAGE_UNKNOWN_MODEL
 */
export function selectModels(config: Config, names: readonly string[]): Config {
  const known = config.models.map((entry) => entry.name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearestName(name, known);
    const hint = near === undefined ? `Known: ${known.join(', ')}.` : `Did you mean ${quote(near)}?`;
    throw new RunScoringError('USAGE_UNKNOWN_MODEL', `The config has no model named ${quote(name)}.`, {
      hint,
    });
  }
  const derived = derive(config, (entry) => ({ ...entry, enabled: names.includes(entry.name) }));
  // A disabled entry may be unfinished; switched on, it must hold.
  derived.validate();
  return derived;
}

/** The config with only its first enabled model left on: what runs without `--multi-model`. */
export function firstModelOnly(config: Config): Config {
  const first = config.getEnabledModels()[0];
  return derive(config, (entry) => ({ ...entry, enabled: entry === first }));
}

/** The config with settings from the command line in place of the file's. */
export function overrideSettings(
  config: Config,
  settings: { batch_size?: Generation['batch_size']; device_map?: ModelEntry['device_map'] },
): Config {
  const { batch_size, device_map } = settings;
  return derive(
    config,
    (entry) => (device_map === undefined ? entry : { ...entry, device_map }),
    batch_size === undefined ? config.generation : { ...config.generation, batch_size },
  );
}

function derive(
  config: Config,
  change: (entry: ModelEntry) => ModelEntry,
  generation: Generation = config.generation,
): Config {
  const { getEnabledModels: _get, validate: _validate, ...data } = config;
  // The token is not enumerable, so a spread loses it: carry it over by name.
  const models = config.models.map((entry) => ({ ...change(entry), hf_token: entry.hf_token }));
  return buildConfig({ ...data, generation, models, hf_token: config.hf_token }, process.cwd());
}
