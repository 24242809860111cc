import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import { toFloat32 } from '../../src/checkpoint/float-formats.js';
import { readModelConfig } from '../../src/checkpoint/json-file.js';
import {
  float32Tensor,
  headerOf,
  type SampleTensor,
  safetensorsBytes,
  temporaryFolder,
  writeSingle,
} from './safetensors-files.js';

const a = float32Tensor('a.weight', [3, 2], [1, 2, 3, 4, 5, 6]);
const b = float32Tensor('b.weight', [2], [-1, 0.5]);

async function failureOf(prepare: (folder: string) => Promise<unknown>): Promise<string> {
  const folder = temporaryFolder();
  await prepare(folder);
  const checkpoint = await Checkpoint.open(folder).catch((error: { code?: string }) => error);
  if (checkpoint instanceof Checkpoint) {
    await checkpoint.close();
    return 'opened';
  }
  return checkpoint.code ?? String(checkpoint);
}

describe('floats', () => {
  /** Independent of the implementation: value by value from the definition of the format. */
  function halfByDefinition(bits: number): number {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = (bits & 1023) / 1024;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
  }

  it('reads all 65,536 half-precision values exactly', () => {
    const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const out = new Float32Array(65_536);
    toFloat32('F16', new Uint8Array(bits.buffer), out);
    const wrong = [...bits].filter((half) => !Object.is(out[half], halfByDefinition(half)));
    expect(wrong).toEqual([]);
  });

  it('reads BF16 as the upper half of a float32', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (halves) => {
        const out = new Float32Array(halves.length);
        toFloat32('BF16', new Uint8Array(Uint16Array.from(halves).buffer), out);
        const view = new DataView(new ArrayBuffer(4));
        halves.forEach((half, i) => {
          view.setUint32(0, half * 65_536);
          expect(out[i]).toEqual(view.getFloat32(0));
        });
      }),
      { numRuns: 50 },
    );
  });
});

describe('Checkpoint', () => {
  it('reads any rows of any matrix as they were written, across pieces and types', async () => {
    const folder = temporaryFolder();
    // 1500 x 1500 BF16 values are more than one piece of the reader.
    const size = 1500;
    const big = Uint16Array.from({ length: size * size }, (_, i) => (i * 2_654_435_761) >>> 17);
    const odd: SampleTensor = { name: 'odd', dtype: 'U8', shape: [3], bytes: Uint8Array.of(1, 2, 3) };
    const matrix: SampleTensor = {
      name: 'big',
      dtype: 'BF16',
      shape: [size, size],
      bytes: new Uint8Array(big.buffer),
    };
    await writeSingle(folder, [odd, matrix, a]);
    const checkpoint = await Checkpoint.open(folder);
    const expected = new Float32Array(big.length);
    toFloat32('BF16', matrix.bytes, expected);
    for (const [first, count] of [
      [0, size],
      [1, 1],
      [700, 799],
      [size - 1, 1],
      [3, 0],
    ] as const) {
      const rows = await checkpoint.readRows('big', first, count);
      expect(
        Buffer.from(rows.buffer).equals(
          Buffer.from(expected.slice(first * size, (first + count) * size).buffer),
        ),
      ).toBe(true);
    }
    expect([...(await checkpoint.readFloat32('a.weight'))]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...(await checkpoint.readRows('a.weight', 1, 2))]).toEqual([3, 4, 5, 6]);
    expect(() => checkpoint.require('odd', [3])).toThrowError(/U8/);
    expect(() => checkpoint.require('a.weight', [2, 3])).toThrowError(/\[3, 2\].*\[2, 3\]/);
    expect(() => checkpoint.require('a.wieght', [3, 2])).toThrowError(/no tensor "a\.wieght"/);
    await checkpoint.close();
  });

  it('reads shards through their index', async () => {
    const folder = temporaryFolder();
    const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
    await writeFile(join(folder, first), safetensorsBytes([a]));
    await writeFile(join(folder, second), safetensorsBytes([b]));
    const index = { metadata: { total_size: 32 }, weight_map: { 'a.weight': first, 'b.weight': second } };
    await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
    const checkpoint = await Checkpoint.open(folder);
    expect(checkpoint.names).toEqual(['a.weight', 'b.weight']);
    expect([...(await checkpoint.readFloat32('b.weight'))]).toEqual([-1, 0.5]);
    await checkpoint.close();
  });

  it('names what is wrong with a damaged or foreign file', async () => {
    const good = headerOf([a, b]) as Record<string, { data_offsets: number[]; dtype: string }>;
    const lie = (change: (header: typeof good) => void) => (folder: string) => {
      const header = structuredClone(good);
      change(header);
      return writeSingle(folder, [a, b], { header });
    };
    const text = (content: string) => (folder: string) =>
      writeFile(join(folder, 'model.safetensors'), content);
    const index = (map: unknown) => async (folder: string) => {
      await writeFile(join(folder, 'x.safetensors'), safetensorsBytes([a]));
      await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(map));
    };
    const cases: [string, (folder: string) => Promise<unknown>, string][] = [
      ['sound', (folder) => writeSingle(folder, [a, b]), 'opened'],
      [
        'a header longer than memory',
        (f) => writeSingle(f, [a], { length: 2n ** 63n }),
        'MODEL_SAFETENSORS_HEADER',
      ],
      [
        'a header longer than the file',
        (f) => writeSingle(f, [a], { length: 5000n }),
        'MODEL_FILE_TRUNCATED',
      ],
      ['a header of no length', (f) => writeSingle(f, [a], { length: 0n }), 'MODEL_SAFETENSORS_HEADER'],
      ['a header cut inside', (f) => writeSingle(f, [a], { length: 20n }), 'MODEL_SAFETENSORS_HEADER'],
      ['an empty file', text(''), 'MODEL_FILE_TRUNCATED'],
      ['overlap', lie((h) => (h['b.weight']!.data_offsets = [16, 24])), 'MODEL_SAFETENSORS_OFFSETS'],
      ['a gap', lie((h) => (h['b.weight']!.data_offsets = [28, 36])), 'MODEL_SAFETENSORS_OFFSETS'],
      ['backward offsets', lie((h) => (h['b.weight']!.data_offsets = [32, 24])), 'MODEL_SAFETENSORS_OFFSETS'],
      [
        'offsets out of range',
        lie((h) => (h['b.weight'] = { ...h['b.weight']!, shape: [4], data_offsets: [24, 40] } as never)),
        'MODEL_FILE_TRUNCATED',
      ],
      ['a dtype that does not fit', lie((h) => (h['b.weight']!.dtype = 'F16')), 'MODEL_SAFETENSORS_OFFSETS'],
      ['an unknown dtype', lie((h) => (h['b.weight']!.dtype = 'Q4_0')), 'MODEL_SAFETENSORS_HEADER'],
      ['a tensor that is no object', lie((h) => (h['b.weight'] = 7 as never)), 'MODEL_SAFETENSORS_HEADER'],
      ['bytes of no tensor', lie((h) => delete h['b.weight']), 'MODEL_SAFETENSORS_OFFSETS'],
      [
        'a pointer',
        text('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n'),
        'MODEL_LFS_POINTER',
      ],
      ['a web page', text(`<!DOCTYPE html><html>${'x'.repeat(500)}`), 'MODEL_SAFETENSORS_HEADER'],
      [
        'cut short',
        async (f) => {
          await writeSingle(f, [a, b]);
          await truncate(join(f, 'model.safetensors'), safetensorsBytes([a, b]).length - 4);
        },
        'MODEL_FILE_TRUNCATED',
      ],
      ['nothing', async () => {}, 'MODEL_FILE_MISSING'],
      [
        'an index outside the folder',
        index({ weight_map: { 'a.weight': '../x.safetensors' } }),
        'MODEL_INDEX',
      ],
      ['an index without a map', index({}), 'MODEL_INDEX'],
      [
        'an index of an absent file',
        index({ weight_map: { 'a.weight': 'y.safetensors' } }),
        'MODEL_FILE_MISSING',
      ],
      [
        'an index of an absent tensor',
        index({ weight_map: { 'c.weight': 'x.safetensors' } }),
        'MODEL_TENSOR_MISSING',
      ],
    ];
    const found: [string, string][] = [];
    for (const [what, prepare] of cases) found.push([what, await failureOf(prepare)]);
    expect(found).toEqual(cases.map(([what, , code]) => [what, code]));
  });

  it('names what is wrong with a config.json', async () => {
    const cases: [string, string, string][] = [
      [
        'a pointer',
        'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n',
        'MODEL_LFS_POINTER',
      ],
      ['no JSON', '{"model_type":', 'MODEL_FILE_DAMAGED'],
      ['a list', '[]', 'MODEL_UNSUPPORTED'],
      ['too large', `"${'x'.repeat(25_000_001)}"`, 'MODEL_FILE_DAMAGED'],
      ['without its keys', '{"model_type":"llama"}', 'MODEL_CONFIG'],
    ];
    for (const [what, content, code] of cases) {
      const folder = temporaryFolder();
      await writeFile(join(folder, 'config.json'), content);
      const error = await readModelConfig(folder).catch((reason: { code?: string }) => reason);
      expect([what, (error as { code?: string }).code]).toEqual([what, code]);
    }
    await expect(readModelConfig(temporaryFolder())).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING' });
  });

  it('notices a file that shrinks while it is open', async () => {
    const folder = temporaryFolder();
    await writeSingle(folder, [a, b]);
    const checkpoint = await Checkpoint.open(folder);
    await truncate(join(folder, 'model.safetensors'), safetensorsBytes([a, b]).length - 4);
    await expect(checkpoint.readFloat32('b.weight')).rejects.toMatchObject({ code: 'MODEL_FILE_TRUNCATED' });
    await checkpoint.close();
  });
});
