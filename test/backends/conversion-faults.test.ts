import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { convertedModel } from '../../src/backends/converted-cache.js';
import { downloadFile } from '../../src/backends/hub-download.js';
import { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import type { WeightFormat } from '../../src/checkpoint/decoder-contract.js';
import { readModelConfig } from '../../src/checkpoint/json-file.js';
import { architectures } from '../../src/onnx/architectures/registry.js';
import { checkpointSource } from '../../src/onnx/checkpoint-source.js';
import { buildDecoder } from '../../src/onnx/decoder.js';
import { groupOffsets, writeGroup } from '../../src/onnx/model-file.js';
import { Scratch, type WeightGroup } from '../../src/onnx/weights.js';
import { readFixture } from '../onnx/reference-fixture.js';

/** How many more bytes the disk takes, and what it says then. */
const disk = vi.hoisted(() => ({ room: Number.POSITIVE_INFINITY, code: 'ENOSPC' }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      const file = await real.open(...args);
      const take = (bytes: number): void => {
        disk.room -= bytes;
        if (disk.room < 0) throw Object.assign(new Error(`${disk.code}: no more`), { code: disk.code });
      };
      const { write, writeFile: writeWhole } = file;
      Object.assign(file, {
        write: async (bytes: Uint8Array, from: number, count: number, at: number) => {
          take(count);
          return (write as (...all: unknown[]) => Promise<{ bytesWritten: number }>).call(
            file,
            bytes,
            from,
            count,
            at,
          );
        },
        writeFile: async (bytes: Uint8Array) => {
          take(bytes.byteLength);
          return writeWhole.call(file, bytes);
        },
      });
      return file;
    },
  };
});

afterEach(() => {
  disk.room = Number.POSITIVE_INFINITY;
});

const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), 'conversion-faults-'));
const { folder: checkpoint } = readFixture('llama-3.2');
const convert = (parent: string, source = checkpoint, format: 'none' | '4bit' = '4bit') =>
  convertedModel(source, format, () => {}, parent);

describe('a disk that takes no more', () => {
  it.each(['ENOSPC', 'EDQUOT', 'EIO'])(
    'undoes the conversion (%s), says so and goes through later',
    async (code) => {
      const parent = await temporary();
      disk.code = code;
      for (const room of [0, 1000, 20_000]) {
        disk.room = room;
        await expect(convert(parent)).rejects.toMatchObject({
          code: code === 'EIO' ? 'MODEL_CONVERSION' : 'MODEL_DISK_FULL',
          at: { file: parent },
        });
        expect(await readdir(parent)).toEqual([]);
      }
      disk.room = Number.POSITIVE_INFINITY;
      const { folder, fresh } = await convert(parent);
      expect(fresh).toBe(true);
      expect((await readdir(join(folder, 'onnx'))).length).toBe(1);
      expect(await convert(parent)).toEqual({ folder, fresh: false });
    },
  );
});

describe('an interrupted conversion', () => {
  it('leaves nothing that counts, and is cleared away by the next one', async () => {
    const parent = await temporary();
    const gone = spawnSync(process.execPath, ['--version']).pid;
    const left = `0123.${hostname()}.${gone}.tmp`;
    const living = `4567.${hostname()}.${process.ppid}.tmp`;
    const elsewhere = `89ab.other-machine.${gone}.tmp`;
    for (const name of [left, living, elsewhere]) {
      await mkdir(join(parent, name, 'onnx'), { recursive: true });
      await writeFile(join(parent, name, 'onnx', 'model_q4.onnx_data.1.tmp'), 'half');
    }
    await convert(parent);
    const names = await readdir(parent);
    expect(names.filter((name) => name.endsWith('.tmp')).sort()).toEqual([living, elsewhere].sort());
  });

  it('is of no use to another width, and a changed checkpoint is converted anew', async () => {
    const parent = await temporary();
    const source = await temporary();
    await cp(checkpoint, source, { recursive: true });
    const first = await convert(parent, source);
    expect((await convert(parent, source, 'none')).fresh).toBe(true);
    expect((await convert(parent, source)).fresh).toBe(false);
    await cp(readFixture('qwen2').folder, source, { recursive: true, force: true });
    const second = await convert(parent, source);
    expect([second.fresh, second.folder === first.folder]).toEqual([true, false]);
    await rm(source, { recursive: true });
  });
});

describe('a checkpoint that does not fit its config', () => {
  /** The fixture with another header or config. */
  async function altered(
    change: (header: Record<string, { dtype: string }>, config: Record<string, unknown>) => void,
  ): Promise<string> {
    const source = await temporary();
    await cp(checkpoint, source, { recursive: true });
    const file = join(source, 'model.safetensors');
    const bytes = await readFile(file);
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, { dtype: string }>;
    const config = JSON.parse(await readFile(join(source, 'config.json'), 'utf8')) as Record<string, unknown>;
    change(header, config);
    const json = Buffer.from(JSON.stringify(header));
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(json.length));
    await writeFile(file, Buffer.concat([prefix, json, bytes.subarray(8 + length)]));
    await writeFile(join(source, 'config.json'), JSON.stringify(config));
    return source;
  }

  it.each<[string, Parameters<typeof altered>[0], RegExp]>([
    [
      'MODEL_TENSOR_SHAPE',
      (_, config) => void Object.assign(config, { vocab_size: 300 }),
      /\[256, 64\].*\[300, 64\]/,
    ],
    [
      'MODEL_TENSOR_MISSING',
      (_, config) => void Object.assign(config, { num_hidden_layers: 4 }),
      /model\.layers\.3\./,
    ],
    [
      'MODEL_TENSOR_DTYPE',
      (header) => void Object.assign(header['model.norm.weight']!, { dtype: 'I16' }),
      /I16/,
    ],
    ['MODEL_CONFIG', (_, config) => void delete config['hidden_size'], /hidden_size/],
    ['MODEL_UNSUPPORTED', (_, config) => void Object.assign(config, { model_type: 'falcon' }), /falcon/],
  ])('is refused before a byte is written (%s)', async (code, change, words) => {
    const parent = await temporary();
    const message = expect.stringMatching(words);
    await expect(convert(parent, await altered(change))).rejects.toMatchObject({ code, message });
    expect(await readdir(parent)).toEqual([]);
  });
});

it('keeps what was fetched when the disk fills up, and goes on from there', async () => {
  const folder = await temporary();
  const content = randomBytes(200_000);
  const hash = createHash('sha256').update(content).digest('hex');
  const asked: number[] = [];
  const fetchIt = () =>
    downloadFile(
      { path: 'model.safetensors', size: content.length, hash },
      join(folder, hash),
      async (from) => {
        asked.push(from);
        return new ReadableStream({
          start(controller) {
            for (let at = from; at < content.length; at += 20_000)
              controller.enqueue(content.subarray(at, at + 20_000));
            controller.close();
          },
        });
      },
      { wait: async () => {} },
    );
  disk.code = 'ENOSPC';
  disk.room = 100_000;
  await expect(fetchIt()).rejects.toMatchObject({
    code: 'MODEL_DISK_FULL',
    hint: expect.stringContaining('goes on'),
  });
  disk.room = Number.POSITIVE_INFINITY;
  await fetchIt();
  expect(asked).toEqual([0, 100_000]);
  expect((await readFile(join(folder, hash))).equals(content)).toBe(true);
});

describe('several threads', () => {
  // Threads start from compiled files: what `npm test` built.
  const built = (): Promise<typeof import('../../src/onnx/fill-in-threads.js')> =>
    import(
      /* @vite-ignore */ fileURLToPath(new URL('../../dist/src/onnx/fill-in-threads.js', import.meta.url))
    );

  it.each(['none', 'float16', '8bit', '4bit'] as const)(
    'write every byte that one thread writes, %s',
    async (format) => {
      const { fillInThreads } = await built();
      const folder = await temporary();
      const [one, three] = [join(folder, 'one'), join(folder, 'three')];
      let reported = 0;
      await withDefinition(format, async (weights) => {
        await writeFile(one, '');
        const file = await open(one, 'r+');
        for (const [index, offsets] of groupOffsets(weights).entries())
          await writeGroup(file, weights[index]!, offsets, new Scratch(), () => {});
        await file.close();
        await writeFile(three, '');
        await fillInThreads(checkpoint, format, 3)!(three, weights, (bytes) => {
          reported += bytes;
        });
        const all = weights.flatMap((group) => group.tensors);
        expect(reported).toBe(all.reduce((sum, tensor) => sum + tensor.byteLength, 0));
      });
      expect((await readFile(three)).equals(await readFile(one))).toBe(true);
    },
  );

  it('hand on what the disk and the checkpoint say', async () => {
    const { fillInThreads } = await built();
    await withDefinition('4bit', async (weights) => {
      const fill = fillInThreads(checkpoint, '4bit', 2)!;
      await expect(fill('/dev/full', weights, () => {})).rejects.toMatchObject({ code: 'ENOSPC' });
      const cut = await temporary();
      await cp(checkpoint, cut, { recursive: true });
      const file = join(cut, 'model.safetensors');
      await truncate(file, (await stat(file)).size - 100);
      const target = join(cut, 'data');
      await writeFile(target, '');
      await expect(fillInThreads(cut, '4bit', 2)!(target, weights, () => {})).rejects.toMatchObject({
        code: 'MODEL_FILE_TRUNCATED',
        at: { file },
      });
    });
  });

  it('are not begun for one processor', async () => {
    expect((await built()).fillInThreads(checkpoint, '4bit', 1)).toBe(null);
  });
});

/** Hands out the weight groups of the fixture's decoder, with its checkpoint open. */
async function withDefinition(
  format: WeightFormat,
  use: (weights: readonly WeightGroup[]) => Promise<void>,
): Promise<void> {
  const config = await readModelConfig(checkpoint);
  const opened = await Checkpoint.open(checkpoint);
  const architecture = architectures.get(config.architecture)!;
  await use(buildDecoder(config, architecture, checkpointSource(opened), format).weights);
  await opened.close();
}
