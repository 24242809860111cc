import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decoderFileName, type Quantization } from '../../src/checkpoint/decoder-contract.js';
import { readModelConfig } from '../../src/checkpoint/json-file.js';
import type { ModelConfig } from '../../src/checkpoint/model-config.js';
import { convertCheckpoint } from '../../src/onnx/convert-checkpoint.js';
import { DecoderSession } from './decoder-session.js';
import { fixtureNames, type ReferenceFixture, readFixture } from './reference-fixture.js';

const TOLERANCE = 1e-4;

/**
 * Stated errors, a fifth above what was measured. They are large because these weights are: drawn wide, so that every
 * part of the network shows in the logits, they sharpen each layer's rounding errors too. A layout error (nibbles or
 * blocks in another order) gives about 1.4.
 */
const QUANTIZED = [
  ['8bit', 0.12],
  ['4bit', 0.7],
] as const;

function largestDifference(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  // NaN compares as false everywhere: say so rather than pass.
  return a.length === b.length && a.every(Number.isFinite) ? largest : Number.POSITIVE_INFINITY;
}

async function openConverted(
  fixture: ReferenceFixture,
  config: ModelConfig,
  quantization: Quantization,
): Promise<DecoderSession> {
  const target = await mkdtemp(join(tmpdir(), 'parity-'));
  await convertCheckpoint(fixture.folder, target, quantization);
  return DecoderSession.open(join(target, 'onnx', decoderFileName(quantization)), config);
}

describe.each(fixtureNames())('%s against the reference implementation', (name) => {
  const fixture = readFixture(name);
  const { sequences } = fixture;
  let config: ModelConfig;
  let session: DecoderSession;
  beforeAll(async () => {
    config = await readModelConfig(fixture.folder);
    session = await openConverted(fixture, config, 'none');
  });
  afterAll(() => session.close());

  it('gives its logits at all positions of a ragged batch', async () => {
    const zeros = sequences.map(() => 0);
    const { logits } = await session.run(sequences, zeros, session.emptyCache(sequences.length));
    let largest = 0;
    sequences.forEach((sequence, row) => {
      for (let position = 0; position < sequence.length; position++) {
        largest = Math.max(
          largest,
          largestDifference(logits(row, position), fixture.logitsAt(row, position)),
        );
      }
    });
    expect(largest).toBeLessThan(TOLERANCE);
  });

  it('gives its logits in a ragged prefill of half and a decode of the rest, token by token', async () => {
    // Rows of one token have nothing left to decode.
    const rows = sequences.flatMap((sequence, row) => (sequence.length > 1 ? [row] : []));
    const past = rows.map((row) => Math.ceil(sequences[row]!.length / 2));
    let step = await session.run(
      rows.map((row, i) => sequences[row]!.slice(0, past[i])),
      rows.map(() => 0),
      session.emptyCache(rows.length),
    );
    let largest = 0;
    while (rows.some((row, i) => past[i]! < sequences[row]!.length)) {
      // A row that has ended goes on with its last token; nobody looks at it.
      const next = rows.map((row, i) => [sequences[row]![past[i]!] ?? 3]);
      step = await session.run(next, past, step.cache);
      rows.forEach((row, i) => {
        if (past[i]! < sequences[row]!.length) {
          largest = Math.max(largest, largestDifference(step.logits(i, 0), fixture.logitsAt(row, past[i]!)));
        }
        past[i]! += 1;
      });
    }
    expect(largest).toBeLessThan(TOLERANCE);
  });

  it.each(QUANTIZED)(
    'keeps the root mean square error of %s logits below %f of their deviation',
    async (quantization, bound) => {
      const quantized = await openConverted(fixture, config, quantization);
      const { logits } = await quantized.run(
        sequences,
        sequences.map(() => 0),
        quantized.emptyCache(sequences.length),
      );
      let error = 0;
      let square = 0;
      sequences.forEach((sequence, row) => {
        for (let position = 0; position < sequence.length; position++) {
          const expected = fixture.logitsAt(row, position);
          logits(row, position).forEach((value, i) => {
            error += (value - expected[i]!) ** 2;
            square += expected[i]! ** 2;
          });
        }
      });
      await quantized.close();
      expect(Math.sqrt(error / square)).toBeLessThan(bound);
    },
  );
});
