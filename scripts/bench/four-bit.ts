import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import * as runtime from 'onnxruntime-node';
import { readTokenizerFiles } from '../../src/backends/prompt-tokenizer.js';
import { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import { DecoderNames } from '../../src/checkpoint/decoder-contract.js';
import { readModelConfig } from '../../src/checkpoint/json-file.js';
import { type ModelConfig, parseModelConfig } from '../../src/checkpoint/model-config.js';
import { architectures } from '../../src/onnx/architectures/registry.js';
import { checkpointSource } from '../../src/onnx/checkpoint-source.js';
import { buildDecoder, type TensorSource } from '../../src/onnx/decoder.js';
import { modelBytes } from '../../src/onnx/model-file.js';
import { decodeModel, type TensorProto } from '../../src/onnx/proto.js';
import { generator, randomWeights } from '../../src/onnx/random-weights.js';
import { SCHEMES, throughFourBits } from './four-bit-schemes.js';
import { modelConfig } from './weights.js';

/**
 * Which way of storing four bits agrees best with float32: root mean square error of the logits, as a share of their
 * own, and share of positions with the same best token. Activations stay in float32, so that only the weights count.
 *
 *   node dist/scripts/bench/four-bit.js
 */

/** Tokens of a random text, and random texts of a model. */
const TOKENS = 96;
const TEXTS = 4;

function randomTexts(vocabulary: number): number[][] {
  const next = generator(3);
  const token = (): number => 3 + Math.floor(next() * (vocabulary - 3));
  return Array.from({ length: TEXTS }, () => Array.from({ length: TOKENS }, token));
}

/** The sample profiles as a model's tokenizer reads them. */
async function profiles(folder: string): Promise<number[][]> {
  const { PreTrainedTokenizer } = await import('@huggingface/transformers');
  const files = await readTokenizerFiles(folder);
  const tokenizer = new PreTrainedTokenizer(files.tokenizer, files.config);
  const rows = parse(readFileSync('data/sample.csv'), { columns: true }) as { about_me: string }[];
  return rows.map((row) => tokenizer.encode(row.about_me)).filter((ids) => ids.length > 4);
}

async function logitsOf(
  config: ModelConfig,
  source: TensorSource,
  texts: readonly (readonly number[])[],
): Promise<Float32Array[]> {
  const definition = buildDecoder(config, architectures.get(config.architecture)!, source, 'none');
  const session = await runtime.InferenceSession.create(await modelBytes(definition), {
    logSeverityLevel: 3,
  });
  const dims = [1, config.numKeyValueHeads, 0, config.headDim];
  const cache: Record<string, runtime.Tensor> = {};
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    for (const name of [DecoderNames.pastKey(layer), DecoderNames.pastValue(layer)])
      cache[name] = new runtime.Tensor('float32', new Float32Array(0), dims);
  }
  const all: Float32Array[] = [];
  for (const ids of texts) {
    const int64 = (values: readonly number[]): runtime.Tensor =>
      new runtime.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
    const feeds = {
      ...cache,
      [DecoderNames.inputIds]: int64(ids),
      [DecoderNames.attentionMask]: int64(ids.map(() => 1)),
    };
    const outputs = await session.run(feeds, [DecoderNames.logits]);
    all.push(outputs[DecoderNames.logits]!.data as Float32Array);
  }
  await session.release();
  return all;
}

function best(logits: Float32Array, position: number, width: number): number {
  let at = 0;
  for (let i = 0; i < width; i++) {
    if (logits[position * width + i]! > logits[position * width + at]!) at = i;
  }
  return at;
}

async function compare(
  name: string,
  config: ModelConfig,
  source: TensorSource,
  texts: readonly (readonly number[])[] = randomTexts(config.vocabSize),
): Promise<object> {
  const exact = await logitsOf(config, source, texts);
  const width = config.vocabSize;
  const line: Record<string, unknown> = { model: name };
  for (const [scheme, apply] of Object.entries(SCHEMES)) {
    const given = await logitsOf(config, throughFourBits(source, apply), texts);
    let error = 0;
    let square = 0;
    let same = 0;
    let positions = 0;
    exact.forEach((logits, text) => {
      logits.forEach((value, i) => {
        error += (given[text]![i]! - value) ** 2;
        square += value ** 2;
      });
      positions += texts[text]!.length;
      same += texts[text]!.filter(
        (_, at) => best(logits, at, width) === best(given[text]!, at, width),
      ).length;
    });
    line[scheme] = [
      Math.round(1e4 * Math.sqrt(error / square)) / 1e4,
      Math.round((1e3 * same) / positions) / 1e3,
    ];
  }
  process.stderr.write(`${JSON.stringify(line)}\n`);
  return line;
}

/** The float weights behind an embedded model's eight bits. */
function embeddedSource(path: string): TensorSource {
  const stored = new Map(
    decodeModel(readFileSync(path)).graph.initializer!.map((tensor) => [tensor.name!, tensor]),
  );
  const floats = (tensor: TensorProto): Float32Array =>
    new Float32Array(Uint8Array.from(tensor.rawData!).buffer);
  /** Row `row` of the matrix as the checkpoint had it: a column of what is stored. */
  const rowsOf = (key: string, from: number, columns: number) => {
    const values = new Int8Array(Uint8Array.from(stored.get(`${key}.weight`)!.rawData!).buffer);
    const scales = floats(stored.get(`${key}.scale`)!);
    const stride = scales.length;
    return async (first: number, count: number): Promise<Float32Array> =>
      Float32Array.from({ length: count * columns }, (_, i) => {
        const row = from + first + Math.floor(i / columns);
        return values[(i % columns) * stride + row]! * scales[row]!;
      });
  };
  return {
    vector: (name) => async () => floats(stored.get(name)!),
    matrix(name, rows, columns) {
      const match = /layers\.(\d+)\.(?:self_attn|mlp)\.(\w+)_proj/.exec(name);
      if (match === null) return { rows, columns, readRows: rowsOf('embedding', 0, columns) };
      const [, layer, part] = match;
      const path = `layers.${layer}`;
      if (part === 'o') return { rows, columns, readRows: rowsOf(`${path}.attention.out`, 0, columns) };
      if (['gate', 'up', 'down'].includes(part!))
        return { rows, columns, readRows: rowsOf(`${path}.feed_forward.${part}`, 0, columns) };
      const all = stored.get(`${path}.attention.qkv.scale`)!.dims[0]!;
      const from = part === 'q' ? 0 : part === 'k' ? all - 2 * rows : all - rows;
      return { rows, columns, readRows: rowsOf(`${path}.attention.qkv`, from, columns) };
    },
  };
}

const lines: object[] = [];
const fixtures = 'test/fixtures/checkpoints';
for (const name of readdirSync(fixtures).sort()) {
  const folder = join(fixtures, name);
  const checkpoint = await Checkpoint.open(folder);
  lines.push(await compare(name, await readModelConfig(folder), checkpointSource(checkpoint)));
  await checkpoint.close();
}
for (const name of ['scout', 'careful']) {
  const folder = join('data/models', name);
  const source = embeddedSource(join(folder, 'onnx', 'model_quantized.onnx'));
  lines.push(await compare(name, await readModelConfig(folder), source, await profiles(folder)));
}
const shape = parseModelConfig({ ...(modelConfig as object), num_hidden_layers: 6 }, 'config.json');
lines.push(await compare('SmolLM2-135M shapes, 6 layers', shape, randomWeights(3)));
process.stdout.write(`${JSON.stringify(lines)}\n`);
