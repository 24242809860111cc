import { cp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LoadedEngine, loadEngine } from '../../src/backends/load-engine.js';
import { prepareModel } from '../../src/backends/prepare-model.js';
import { DEFAULT_FIELDS } from '../../src/config/default-rubric.js';
import { RunScoringError } from '../../src/foundation/errors.js';
import { ROOT } from '../cli/run-dist.js';
import { ImitatedHub } from '../fixtures/hub-server.js';
import { LLAMA_32_3B_NARROW, llamaRepository } from '../fixtures/random-checkpoint.js';
import { inFolder } from '../scoring/processes.js';
import type { Fault } from './fault.js';
import { must, randomNumbers, type Trials } from './trials.js';

const EMBEDDED = ['scout', 'careful', 'strict'];
const TEXTS = ['Welder, ten years, own tools.', 'Call me on 0491 570 156.', 'N/A'];

const load = (folder: string): Promise<LoadedEngine> =>
  loadEngine({
    folder,
    quantization: undefined,
    fields: DEFAULT_FIELDS,
    constrained: true,
    prompt: { system: 'Judge the text.' },
    maxInputTokens: 1500,
    maxNewTokens: 200,
    batchSize: 2,
    device: 'cpu',
  });

/** The answers of a loaded model to a few texts, as one string. */
async function answersOf(folder: string): Promise<string> {
  const loaded = await load(folder);
  async function* requests() {
    for (const [id, text] of TEXTS.entries()) yield { id, tokens: loaded.encoder.encode(text).tokens };
  }
  const answers: string[] = [];
  for await (const completion of loaded.engine.generate(requests()))
    answers.push(loaded.encoder.decode(completion!.tokens));
  await loaded.dispose();
  return answers.join('\n');
}

type Damaging = (path: string, size: number, random: () => number) => Promise<void>;

const flipBit: Damaging = async (path, size, random) => {
  const bytes = await readFile(path);
  bytes[Math.floor(random() * size)]! ^= 1 << Math.floor(random() * 8);
  await writeFile(path, bytes);
};
const DAMAGES: Readonly<Record<string, Damaging>> = {
  missing: (path) => rm(path),
  empty: (path) => truncate(path, 0),
  truncated: (path, size, random) => truncate(path, Math.floor(random() * size)),
  'with a flipped bit': flipBit,
};

/** Damages the file, expects `check` to hold, and puts the file back. */
async function whileDamaged(
  path: string,
  damage: Damaging,
  random: () => number,
  check: () => Promise<void>,
): Promise<void> {
  const whole = await readFile(path);
  try {
    await damage(path, whole.length, random);
    await check();
  } finally {
    await writeFile(path, whole);
  }
}

async function mustRefuse(work: () => Promise<unknown>, path: string): Promise<void> {
  const error = await work().then(
    () => null,
    (reason: unknown) => reason,
  );
  must(error !== null, 'it loads');
  if (!(error instanceof RunScoringError)) throw error;
  must(/^MODEL_/.test(error.code), `the error ${error.code}`);
  must(JSON.stringify(error.at).includes(path.split('/').at(-1)!), `the error names ${error.at.file}`);
}

/** Every listed file of both embedded models: refused by name, none of it loaded. */
async function damageEmbedded(trials: Trials, damage: Damaging, times: number): Promise<void> {
  await inFolder(async (folder) => {
    const random = randomNumbers(5);
    for (const name of EMBEDDED) {
      const copy = join(folder, name);
      await cp(join(ROOT, 'data', 'models', name), copy, { recursive: true });
      const list = await readFile(join(copy, 'SHA256SUMS'), 'utf8');
      for (const file of list
        .trim()
        .split('\n')
        .map((line) => line.slice(66))) {
        for (let time = 0; time < times; time++) {
          const path = join(copy, file);
          await trials.run(`${name}/${file}`, () =>
            whileDamaged(path, damage, random, async () => {
              const error = await load(copy).then(
                () => null,
                (reason: unknown) => reason,
              );
              must(error !== null, 'it loads');
              if (!(error instanceof RunScoringError)) throw error;
              must(/^MODEL_FILE_/.test(error.code), `the error ${error.code}`);
            }),
          );
        }
      }
    }
  });
}

/** What the product has derived from a model and kept: made anew, with the same answers. */
async function damageKept(trials: Trials, times: number): Promise<void> {
  await inFolder(async (folder) => {
    const random = randomNumbers(6);
    const copy = join(folder, 'scout');
    await cp(join(ROOT, 'data', 'models', 'scout'), copy, { recursive: true });
    await rm(join(copy, 'generation-cache'), { recursive: true, force: true });
    const wanted = await answersOf(copy);
    const { readdir } = await import('node:fs/promises');
    const kept = await readdir(join(copy, 'generation-cache'));
    must(kept.some((name) => name.endsWith('.onnx')) && kept.length >= 3, `kept: ${kept.join()}`);
    for (const name of kept) {
      for (const [what, damage] of Object.entries(DAMAGES)) {
        for (let time = 0; time < times; time++) {
          await trials.run(`${name} ${what}`, () =>
            whileDamaged(join(copy, 'generation-cache', name), damage, random, async () => {
              must((await answersOf(copy)) === wanted, 'other answers');
            }),
          );
        }
      }
    }
  });
}

/** Weights from the hub's cache and from a conversion of them: a flipped bit is noticed when they are used again. */
async function damageFetched(trials: Trials, times: number): Promise<void> {
  const id = 'acme/small';
  const files = llamaRepository({ ...LLAMA_32_3B_NARROW, layers: 2, shards: 1 });
  const hub = await ImitatedHub.start({ [id]: { files } });
  try {
    await inFolder(async (folder) => {
      const random = randomNumbers(7);
      const prepare = (parent: string) =>
        prepareModel(
          { modelId: id, localPath: null, revision: null, quantization: '8bit' },
          {
            offline: false,
            token: null,
            hubUrl: hub.url,
            cacheFolder: join(folder, 'hub'),
            convertedFolder: join(folder, parent),
            device: 'cpu',
            note: () => {},
          },
        );
      const { folder: converted } = await prepare('converted');
      const snapshot = join(folder, 'hub', 'models--acme--small', 'snapshots', hub.commitOf(id));
      for (let time = 0; time < times; time++) {
        for (const name of ['onnx/model_quantized.onnx', 'tokenizer.json', 'config.json']) {
          const path = join(converted, name);
          await trials.run(`converted ${name}`, () =>
            whileDamaged(path, flipBit, random, () => mustRefuse(() => load(converted), path)),
          );
        }
        for (const name of ['model-00001-of-00001.safetensors', 'tokenizer.json', 'config.json']) {
          const path = join(snapshot, name);
          await trials.run(`fetched ${name}`, () =>
            whileDamaged(path, flipBit, random, async () => {
              const error = await prepare(`again-${name}-${time}`).then(
                () => null,
                (reason: unknown) => reason,
              );
              must(error !== null, 'it converts');
              if (!(error instanceof RunScoringError)) throw error;
              must(error.code === 'MODEL_FILE_DAMAGED', `the error ${error.code}`);
            }),
          );
        }
      }
    });
  } finally {
    await hub.stop();
  }
}

export const MODEL_FILES: readonly Fault[] = [
  ...Object.entries(DAMAGES).map(([name, damage]) => ({
    group: 'model file',
    name: `embedded, ${name}`,
    run: async (trials: Trials, long: boolean) => {
      const random = name === 'truncated' || name === 'with a flipped bit';
      await damageEmbedded(trials, damage, random ? (long ? 100 : 3) : 1);
      return undefined;
    },
  })),
  {
    group: 'model file',
    name: 'derived and kept, damaged',
    run: async (trials, long) => {
      await damageKept(trials, long ? 10 : 1);
      return undefined;
    },
  },
  {
    group: 'model file',
    name: 'fetched or converted, with a flipped bit',
    run: async (trials, long) => {
      await damageFetched(trials, long ? 20 : 1);
      return undefined;
    },
  },
];
