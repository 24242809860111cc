import { loadConfig } from '../config/load-config.js';
import type { Config } from '../config/schema.js';
import { firstModelOnly, overrideSettings, selectModels } from '../config/select-models.js';
import { findConfig } from './find-config.js';
import type { RunOptions } from './run-options.js';

/**
 * The config of this run: the file, then what the command line says about it. `--models` names exactly the models
 * that run; without it and without `--multi-model` it is the first enabled one.
 */
export async function chooseConfig(options: RunOptions): Promise<Config> {
  const file = await loadConfig(await findConfig(options.config));
  const chosen =
    options.models !== undefined
      ? selectModels(file, options.models)
      : options.multiModel
        ? file
        : firstModelOnly(file);
  return overrideSettings(chosen, {
    ...(options.batchSize === undefined ? {} : { batch_size: options.batchSize }),
    ...(options.device === undefined ? {} : { device_map: options.device }),
  });
}
