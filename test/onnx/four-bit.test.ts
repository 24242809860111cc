import fc from 'fast-check';
import * as runtime from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { SCHEMES, type Scheme, throughFourBits } from '../../scripts/bench/four-bit-schemes.js';
import { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import { readModelConfig } from '../../src/checkpoint/json-file.js';
import { architectures } from '../../src/onnx/architectures/registry.js';
import { checkpointSource } from '../../src/onnx/checkpoint-source.js';
import { buildDecoder } from '../../src/onnx/decoder.js';
import { GraphBuilder } from '../../src/onnx/graph-builder.js';
import { linear } from '../../src/onnx/linear.js';
import { BLOCK_SIZE } from '../../src/onnx/matrix-weights.js';
import { modelBytes } from '../../src/onnx/model-file.js';
import { DataType } from '../../src/onnx/proto.js';
import { quantizeBlocks4 } from '../../src/onnx/quantize.js';
import { generator } from '../../src/onnx/random-weights.js';
import { DecoderSession } from './decoder-session.js';
import { fixtureNames, readFixture } from './reference-fixture.js';

const { zeroPoint, signedExtreme } = SCHEMES;

describe('quantizeBlocks4', () => {
  it('keeps every value within a step of itself, and zero exactly', () => {
    const value = fc.oneof(fc.float({ noNaN: true, min: -4, max: 4 }), fc.constant(0), fc.constant(-0));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.array(value, { minLength: 210, maxLength: 210 }),
        fc.constantFrom(1, -1, 0),
        (columns, numbers, side) => {
          // Blocks of one sign too: their sixteen steps must still reach zero.
          const all = numbers.map((each) => (side === 0 ? each : side * Math.abs(each)));
          const rows = Float32Array.from(all.slice(0, columns * 3));
          const { scales } = quantizeBlocks4(rows, columns, BLOCK_SIZE);
          const blocks = Math.ceil(columns / BLOCK_SIZE);
          zeroPoint(rows, columns).forEach((given, i) => {
            const block = Math.floor(i / columns) * blocks + Math.floor((i % columns) / BLOCK_SIZE);
            // The zero point is rounded too: at an end, the two roundings may add up.
            expect(Math.abs(given - rows[i]!)).toBeLessThanOrEqual(scales[block]! * 1.0001);
            if (rows[i] === 0) expect(given).toBeCloseTo(0, 30);
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('lets numbers that are not finite show', () => {
    for (const bad of [Number.NaN, -Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const row = new Float32Array(64).fill(0.5);
      row[40] = bad;
      const { scales } = quantizeBlocks4(row, 64, BLOCK_SIZE);
      expect([...scales].map(Number.isFinite)).toEqual([true, false]);
    }
  });
});

it('means by its bytes what ONNX Runtime reads in them, odd numbers of blocks and cut blocks included', async () => {
  const [rows, columns, tokens] = [7, 150, 3];
  const next = generator(9);
  // Off centre, differently in each row: a zero point in the wrong place would show.
  const weight = Float32Array.from(
    { length: rows * columns },
    (_, i) => next() - 0.1 * (Math.floor(i / columns) + 1),
  );
  const builder = new GraphBuilder('blocks');
  builder.input('x', DataType.float32, ['tokens', columns]);
  const source = {
    rows,
    columns,
    readRows: async (first: number, count: number) =>
      weight.slice(first * columns, (first + count) * columns),
  };
  const made = linear(builder, 'm', 'x', source, '4bit');
  builder.output(builder.rename(made.output, 'y'), DataType.float32, ['tokens', rows]);
  const bytes = await modelBytes({ graph: builder.graph(), weights: [made.weights] });
  const session = await runtime.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const x = Float32Array.from({ length: tokens * columns }, () => next() - 0.5);
  const { y } = await session.run({ x: new runtime.Tensor('float32', x, [tokens, columns]) });
  const stored = zeroPoint(weight, columns);
  for (let token = 0; token < tokens; token++) {
    for (let row = 0; row < rows; row++) {
      let expected = 0;
      for (let i = 0; i < columns; i++) expected += x[token * columns + i]! * stored[row * columns + i]!;
      // Activations are rounded to eight bits in blocks of 32.
      expect(Math.abs((y!.data as Float32Array)[token * rows + row]! - expected)).toBeLessThan(0.05);
    }
  }
  await session.release();
});

/** Root mean square error of a fixture's logits against the reference's, as a share of theirs, for weights after `scheme`. */
async function errorOf(name: string, scheme: Scheme): Promise<number> {
  const { folder, sequences, logitsAt } = readFixture(name);
  const config = await readModelConfig(folder);
  const checkpoint = await Checkpoint.open(folder);
  const source = throughFourBits(checkpointSource(checkpoint), scheme);
  const decoder = await modelBytes(
    buildDecoder(config, architectures.get(config.architecture)!, source, 'none'),
  );
  await checkpoint.close();
  const session = await DecoderSession.open(decoder, config);
  const none = sequences.map(() => 0);
  const { logits } = await session.run(sequences, none, session.emptyCache(sequences.length));
  let error = 0;
  let square = 0;
  sequences.forEach((sequence, row) => {
    for (let position = 0; position < sequence.length; position++) {
      const expected = logitsAt(row, position);
      logits(row, position).forEach((given, i) => {
        error += (given - expected[i]!) ** 2;
        square += expected[i]! ** 2;
      });
    }
  });
  await session.close();
  return Math.sqrt(error / square);
}

it.each(fixtureNames())('%s agrees at least as well with float32 as symmetric blocks would', async (name) => {
  expect(await errorOf(name, zeroPoint)).toBeLessThan(await errorOf(name, signedExtreme));
});
