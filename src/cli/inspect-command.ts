import { basename, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { describeModel, type ModelDescription } from '../backends/describe-model.js';
import { isHubModelId, isLocalModelId } from '../config/rules.js';
import { RunScoringError } from '../foundation/errors.js';
import { ExitCode } from '../foundation/exit-codes.js';

export function configure(command: Command): void {
  command
    .argument('<model>', 'hub id (owner/name) or model folder (./, ../ or /)')
    .option('--revision <name>', 'branch, tag or commit of the hub repository')
    .addOption(new Option('--quantization <width>', 'width of the weights').choices(['none', '8bit', '4bit']))
    .addOption(
      new Option('--device <name>', 'where it would run').choices(['auto', 'cpu', 'cuda']).default('auto'),
    )
    .option('--rows <n>', 'rows side by side, for the estimate', '8')
    .option('--tokens <n>', 'tokens of a row, prompt and answer, for the estimate', '1000')
    .option('--offline', 'use no network')
    .option('--json', 'print JSON');
}

export async function run(options: Record<string, unknown>, args: readonly string[]): Promise<ExitCode> {
  const modelId = args[0]!;
  if (!isLocalModelId(modelId) && !isHubModelId(modelId)) {
    throw new RunScoringError('USAGE_OPTION', 'The model must be a hub id, owner/name, or a folder.', {
      hint: 'Folders start with ./ ../ or /.',
    });
  }
  if (isLocalModelId(modelId) && options['revision'] !== undefined) {
    throw new RunScoringError('USAGE_OPTION', '--revision is for models of the hub; a folder has none.');
  }
  const rows = readCount(options, 'rows');
  const tokens = readCount(options, 'tokens');
  const notes: string[] = [];
  const description = await describeModel(
    {
      modelId,
      localPath: isLocalModelId(modelId) ? resolve(modelId) : null,
      revision: (options['revision'] as string | undefined) ?? null,
      quantization: (options['quantization'] as 'none' | '8bit' | '4bit' | undefined) ?? null,
    },
    {
      offline: options['offline'] === true,
      device: options['device'] as 'auto' | 'cpu' | 'cuda',
      note: (line) => notes.push(line),
      rows,
      tokens,
    },
  );
  for (const line of notes.filter((each) => each.startsWith('warning:'))) process.stderr.write(`${line}\n`);
  process.stdout.write(
    options['json'] === true ? `${JSON.stringify(description)}\n` : render(description, rows, tokens),
  );
  return ExitCode.done;
}

function readCount(options: Record<string, unknown>, name: string): number {
  const value = Number(options[name]);
  if (Number.isInteger(value) && value >= 1 && value <= 1_000_000) return value;
  throw new RunScoringError('USAGE_OPTION', `--${name} must be a whole number from 1 to 1000000.`);
}

function render(model: ModelDescription, rows: number, tokens: number): string {
  const { config, memory } = model;
  const here = model.weightsHere ? 'weights are here' : 'weights would be fetched';
  const lines: [string, string][] = [
    ['model', model.source],
    ['from', model.revision === null ? model.folder : `hub, commit ${model.revision}; ${here}`],
    ['form', model.form === 'onnx' ? 'ready ONNX decoder' : 'safetensors, converted on first use'],
  ];
  if (config === null) lines.push(['architecture', model.unsupported ?? 'unknown']);
  else {
    const heads = `${config.numAttentionHeads} heads over ${config.numKeyValueHeads}`;
    lines.push([
      'architecture',
      `${config.architecture}, ${config.numHiddenLayers} layers of ${config.hiddenSize}, ${heads}`,
    ]);
    if (config.slidingWindow !== null) lines.push(['window', `${config.slidingWindow} tokens`]);
  }
  if (model.parameters !== null) lines.push(['parameters', count(model.parameters)]);
  // The config of a ready decoder tells the type of the checkpoint that it was made from, its file's name its own width.
  const dtype =
    model.form === 'onnx' ? model.weightFiles.map((path) => basename(path)).join(', ') : config?.torchDtype;
  lines.push([
    'weights',
    model.weightBytes === null
      ? 'none found'
      : `${dtype ?? 'unknown type'}, ${bytes(model.weightBytes)} on disk`,
  ]);
  if (memory !== null) {
    const total = memory.weightBytes + memory.cacheBytes;
    lines.push([
      'memory',
      `about ${bytes(total)}${model.quantization === null ? '' : ` at ${model.quantization}`} with ${rows} rows of ${tokens} tokens (weights ${bytes(memory.weightBytes)}, caches ${bytes(memory.cacheBytes)})`,
    ]);
  }
  if (model.contextLength !== null) lines.push(['context', `${model.contextLength} tokens`]);
  lines.push(['chat template', model.hasChatTemplate ? 'yes' : 'no: it may be no instruction model']);
  return `${lines.map(([name, value]) => `${name.padEnd(14)}${value}`).join('\n')}\n`;
}

function count(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} billion`;
  return value >= 1e6 ? `${(value / 1e6).toFixed(1)} million` : String(value);
}

function bytes(value: number): string {
  return value >= 1e9 ? `${(value / 1e9).toFixed(1)} GB` : `${(value / 1e6).toFixed(1)} MB`;
}
