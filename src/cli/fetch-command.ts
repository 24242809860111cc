import type { Command } from 'commander';
import { Option } from 'commander';
import { prepareModel } from '../backends/prepare-model.js';
import { tokenFor, wantedQuantization } from '../config/create-config.js';
import { loadConfig } from '../config/load-config.js';
import { selectModels } from '../config/select-models.js';
import { RunScoringError } from '../foundation/errors.js';
import { ExitCode } from '../foundation/exit-codes.js';
import { findConfig } from './find-config.js';

export function configure(command: Command): void {
  command
    .option('--config <file>', 'YAML config (default: config/config.yaml)')
    .option('--models <names>', 'only these models of the config, separated by commas')
    .addOption(
      new Option('--device <name>', 'where the models will run')
        .choices(['auto', 'cpu', 'cuda'])
        .default('auto'),
    )
    .addHelpText('after', '\nFetches and converts every enabled model; afterwards runs need no network.');
}

export async function run(options: Record<string, unknown>): Promise<ExitCode> {
  const loaded = await loadConfig(await findConfig(options['config'] as string | undefined));
  const names = (options['models'] as string | undefined)?.split(',').map((name) => name.trim());
  const config = names === undefined ? loaded : selectModels(loaded, names);
  const device = options['device'] as 'auto' | 'cpu' | 'cuda';
  const stop = new AbortController();
  let stopCode: ExitCode = ExitCode.interrupted;
  const onSignal = (name: NodeJS.Signals): void => {
    if (name === 'SIGTERM') stopCode = ExitCode.terminated;
    stop.abort();
  };
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const models = config.getEnabledModels();
  let failed = 0;
  try {
    for (const entry of models) {
      const say = (line: string): void => void process.stderr.write(`${entry.name}: ${line}\n`);
      const progress = new StepReport(say);
      try {
        const { folder } = await prepareModel(
          {
            modelId: entry.model_id,
            localPath: entry.local_path ?? null,
            revision: entry.revision ?? null,
            quantization: wantedQuantization(entry),
          },
          {
            offline: false,
            token: tokenFor(config, entry) ?? null,
            device: device === 'auto' && entry.device_map.startsWith('cuda') ? 'cuda' : device,
            note: say,
            onProgress: (done, total) => progress.update(done, total),
            signal: stop.signal,
          },
        );
        say(`ready in ${folder}`);
      } catch (error) {
        if (stop.signal.aborted) {
          process.stderr.write('Stopped. What was fetched is kept; the same line goes on.\n');
          return stopCode;
        }
        if (!(error instanceof RunScoringError)) throw error;
        // The other models may still come.
        say(`error: ${error.toLine()}`);
        failed += 1;
      }
    }
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
  if (failed === 0) return ExitCode.done;
  return failed === models.length ? ExitCode.noModel : ExitCode.partial;
}

/** One line for every tenth of something large. */
class StepReport {
  #tenths = 0;
  #total = 0;

  constructor(private readonly say: (line: string) => void) {}

  update(done: number, total: number): void {
    if (total !== this.#total) {
      this.#total = total;
      this.#tenths = 0;
    }
    const tenths = Math.floor((done / total) * 10);
    if (total < 100e6 || tenths <= this.#tenths || tenths >= 10) return;
    this.#tenths = tenths;
    this.say(`${tenths * 10} % of ${(total / 1e9).toFixed(1)} GB`);
  }
}
