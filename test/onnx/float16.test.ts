import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as runtime from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import { decoderFileName, weightFormat } from '../../src/checkpoint/decoder-contract.js';
import { toFloat16 } from '../../src/checkpoint/float-formats.js';
import { readModelConfig } from '../../src/checkpoint/json-file.js';
import { convertCheckpoint } from '../../src/onnx/convert-checkpoint.js';
import { GraphBuilder } from '../../src/onnx/graph-builder.js';
import { linear } from '../../src/onnx/linear.js';
import { modelBytes } from '../../src/onnx/model-file.js';
import {
  DataType,
  decodeModel,
  encodeModel,
  type ModelProto,
  type TensorProto,
} from '../../src/onnx/proto.js';
import { float32Tensor, temporaryFolder, writeSingle } from '../checkpoint/safetensors-files.js';
import { DecoderSession } from './decoder-session.js';
import { fixtureNames, type ReferenceFixture, readFixture } from './reference-fixture.js';

/** What one half-precision number is, from the definition of the format. */
function numberOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

/** Every finite magnitude in order: its bits are its place. */
const MAGNITUDES = Float64Array.from({ length: 0x7c00 }, (_, bits) => numberOf(bits));

/** The nearest half-precision number, found by looking for its two neighbours; ties go to the even one. */
function roundedHalf(value: number): number {
  const sign = Object.is(value, -0) || value < 0 ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65_520) return sign | 0x7c00;
  let low = 0;
  let high = MAGNITUDES.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (MAGNITUDES[middle]! <= magnitude) low = middle;
    else high = middle;
  }
  if (low === MAGNITUDES.length - 1) return sign | low;
  const below = magnitude - MAGNITUDES[low]!;
  const above = MAGNITUDES[low + 1]! - magnitude;
  return sign | (below < above || (below === above && low % 2 === 0) ? low : low + 1);
}

const floats = (bits: Uint32Array): Float32Array => new Float32Array(bits.buffer);

describe('toFloat16', () => {
  it('gives every BF16 value its nearest', () => {
    const brains = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);
    const out = new Uint16Array(brains.length);
    expect(toFloat16('BF16', new Uint8Array(brains.buffer), out)).toBe(false);
    const values = floats(Uint32Array.from(brains, (brain) => brain << 16));
    const wrong = [...out.keys()].filter((i) =>
      Number.isNaN(values[i]) ? !Number.isNaN(numberOf(out[i]!)) : out[i] !== roundedHalf(values[i]!),
    );
    expect(wrong).toEqual([]);
  });

  it('gives float32 values their nearest, the ties and borders above all', () => {
    const bits: number[] = [];
    for (let half = 0; half < 0x7c00; half += 7) {
      // On a value, on the middle to the next one, and one step to either side of both.
      for (const value of [MAGNITUDES[half]!, (MAGNITUDES[half]! + (MAGNITUDES[half + 1] ?? 65_536)) / 2]) {
        const at = new Uint32Array(Float32Array.of(value).buffer)[0]!;
        bits.push(at, at + 1, Math.max(0, at - 1), (at | 0x80000000) >>> 0);
      }
    }
    for (let i = 0; i < 20_000; i++) bits.push(Math.imul(i, 0x9e3779b1) >>> 0);
    const source = Uint32Array.from(bits);
    const values = floats(source);
    const out = new Uint16Array(source.length);
    toFloat16('F32', new Uint8Array(source.buffer), out);
    const wrong = [...out.keys()].filter((i) =>
      Number.isNaN(values[i]) ? !Number.isNaN(numberOf(out[i]!)) : out[i] !== roundedHalf(values[i]!),
    );
    expect(wrong.map((i) => values[i])).toEqual([]);
  });

  it('leaves half-precision values as they are, and tells when one overflows', () => {
    const halves = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);
    const out = new Uint16Array(halves.length);
    expect(toFloat16('F16', new Uint8Array(halves.buffer), out)).toBe(true);
    expect(out).toEqual(halves);
    const told = (...values: number[]): boolean =>
      toFloat16('F32', new Uint8Array(Float32Array.from(values).buffer), new Uint16Array(values.length));
    expect([told(1, -65_519), told(1, 65_520), told(Number.POSITIVE_INFINITY, Number.NaN)]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

it('refuses weights that float16 cannot hold, by name', async () => {
  const folder = temporaryFolder();
  await writeSingle(folder, [float32Tensor('big', [2, 2], [1, 2, 70_000, 4])]);
  const checkpoint = await Checkpoint.open(folder);
  await expect(checkpoint.readHalfRows('big', 0, 2)).rejects.toMatchObject({ code: 'MODEL_TENSOR_RANGE' });
  await checkpoint.close();
});

it('is what no quantization means on a GPU alone', () => {
  expect((['cpu', 'auto', 'cuda'] as const).map((device) => weightFormat('none', device))).toEqual([
    'none',
    'none',
    'float16',
  ]);
  expect(weightFormat('4bit', 'cuda')).toBe('4bit');
  expect(decoderFileName('float16')).toBe('model_fp16.onnx');
});

it('keeps products of inputs beyond 65,504 finite, and right', async () => {
  const [rows, columns, tokens] = [8, 64, 3];
  const weight = Float32Array.from({ length: rows * columns }, (_, i) => numberOf(0x2400 + ((i * 37) % 512)));
  const builder = new GraphBuilder('unbounded');
  builder.input('x', DataType.float32, ['tokens', columns]);
  const source = {
    rows,
    columns,
    readRows: async (first: number, count: number) =>
      weight.slice(first * columns, (first + count) * columns),
  };
  const made = linear(builder, 'down', 'x', source, 'float16', { unbounded: true });
  builder.output(builder.rename(made.output, 'y'), DataType.float32, ['tokens', rows]);
  const bytes = await modelBytes({ graph: builder.graph(), weights: [made.weights] });
  const session = await runtime.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const x = Float32Array.from(
    { length: tokens * columns },
    (_, i) => ((i * 7919) % 1000) * [1e4, 1, 1e-6][Math.floor(i / columns)]!,
  );
  const { y } = await session.run({ x: new runtime.Tensor('float32', x, [tokens, columns]) });
  for (let token = 0; token < tokens; token++) {
    for (let row = 0; row < rows; row++) {
      let expected = 0;
      for (let i = 0; i < columns; i++) expected += x[token * columns + i]! * weight[row * columns + i]!;
      const given = (y!.data as Float32Array)[token * rows + row]!;
      expect(Math.abs(given / expected - 1)).toBeLessThan(1e-3);
    }
  }
  await session.release();
});

async function convert(fixture: ReferenceFixture): Promise<string> {
  const target = await mkdtemp(join(tmpdir(), 'float16-'));
  await convertCheckpoint(fixture.folder, target, 'float16');
  return join(target, 'onnx', decoderFileName('float16'));
}

/**
 * ONNX Runtime has no float16 products for this processor: it computes them in float32 and leaves out the casts on both
 * sides. With an Identity after each cast and product it really rounds there, as a GPU does, which sums in float32 too.
 */
function withRounding(model: ModelProto): ModelProto {
  const node = model.graph.node.flatMap((each) => {
    const halves =
      each.opType === 'Gemm' || (each.opType === 'Cast' && each.attribute![0]!.i === DataType.float16);
    if (!halves) return [each];
    const output = each.output[0]!;
    const rounded = { opType: 'Identity', input: [`${output}/exact`], output: [output] };
    return [{ ...each, output: [`${output}/exact`] }, rounded];
  });
  return { ...model, graph: { ...model.graph, node } };
}

/** Checks models with Python's onnx: structure, types and shapes of every node that the standard knows. */
const CHECK = `
import sys, onnx
for path in sys.argv[1:]:
    model = onnx.load(path)
    # ONNX Runtime's own norm sits in the standard domain without being in the standard.
    for node in model.graph.node:
        if node.op_type == "SimplifiedLayerNormalization": node.domain = "com.microsoft"
    onnx.checker.check_model(model, full_check=True)
    print(sum(node.op_type == "Gemm" for node in model.graph.node))
`;
const hasOnnx = spawnSync('python3', ['-c', 'import onnx']).status === 0;

describe.each(fixtureNames())('%s in float16', (name) => {
  const fixture = readFixture(name);
  it('holds the exact roundings of the checkpoint', async () => {
    const model = decodeModel(await readFile(await convert(fixture)));
    const stored = new Map(model.graph.initializer!.map((tensor) => [tensor.name, tensor]));
    const checkpoint = await Checkpoint.open(fixture.folder);
    const compare = async (tensor: TensorProto, names: readonly string[]): Promise<void> => {
      const parts = await Promise.all(names.map((each) => checkpoint.readFloat32(each)));
      const expected = parts.flatMap((part) => [...part].map(roundedHalf));
      expect(tensor.dataType).toBe(DataType.float16);
      const bits = new Uint16Array(Uint8Array.from(tensor.rawData!).buffer);
      expect([...bits]).toEqual(expected);
    };
    await compare(stored.get('embedding.weight')!, ['model.embed_tokens.weight']);
    const layer = 'model.layers.1.';
    const attention = ['q', 'k', 'v'].map((part) => `${layer}self_attn.${part}_proj.weight`);
    await compare(stored.get('layers.1.attention.qkv.weight')!, attention);
    await compare(stored.get('layers.1.feed_forward.down.weight')!, [`${layer}mlp.down_proj.weight`]);
    const config = await readModelConfig(fixture.folder);
    if (!config.tieWordEmbeddings) await compare(stored.get('head.weight')!, ['lm_head.weight']);
    // Nothing large is left in float32.
    const large = [...stored.values()].filter(
      (tensor) => tensor.dims.length === 2 && !/rotary/.test(tensor.name!),
    );
    expect(new Set(large.map((tensor) => tensor.dataType))).toEqual(new Set([DataType.float16]));
    await checkpoint.close();
  });

  it('gives logits within 0.4 % of their deviation (0.07 to 0.31 % measured), prefill and decode', async () => {
    const config = await readModelConfig(fixture.folder);
    const model = withRounding(decodeModel(await readFile(await convert(fixture))));
    const session = await DecoderSession.open(encodeModel(model), config, false);
    const { sequences } = fixture;
    const rows = sequences.slice(1);
    const past = rows.map((sequence) => sequence.length - 1);
    const first = await session.run(
      rows.map((sequence) => sequence.slice(0, -1)),
      rows.map(() => 0),
      session.emptyCache(rows.length),
    );
    const second = await session.run(
      rows.map((sequence) => sequence.slice(-1)),
      past,
      first.cache,
    );
    let error = 0;
    let square = 0;
    rows.forEach((sequence, row) => {
      for (let position = 0; position < sequence.length; position++) {
        const expected = fixture.logitsAt(row + 1, position);
        const given = position < past[row]! ? first.logits(row, position) : second.logits(row, 0);
        given.forEach((value, i) => {
          error += (value - expected[i]!) ** 2;
          square += expected[i]! ** 2;
        });
      }
    });
    await session.close();
    expect(Math.sqrt(error / square)).toBeLessThan(0.004);
  });
});

it.skipIf(!hasOnnx)('passes the checker of ONNX itself, for every architecture', async () => {
  const paths = await Promise.all(fixtureNames().map((name) => convert(readFixture(name))));
  const products = execFileSync('python3', ['-c', CHECK, ...paths], { encoding: 'utf8' });
  expect(products.trim().split(/\s+/).map(Number)).toEqual(fixtureNames().map(() => 5 * 3 + 1));
});
