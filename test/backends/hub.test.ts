import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ModelReference, type ResolveOptions, resolveModel } from '../../src/backends/hub.js';
import { retryAfterMs } from '../../src/backends/hub-fetch.js';
import {
  ADMITTED_TOKEN,
  EXPIRED_TOKEN,
  type Fault,
  ImitatedHub,
  STRANGER_TOKEN,
} from '../fixtures/hub-server.js';

const text = (content: string): Uint8Array => Buffer.from(content);
const tokenizer = { 'tokenizer.json': text('{}'), 'tokenizer_config.json': text('{}') };
const weights = randomBytes(300_000);
const shardNames = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
const index = text(JSON.stringify({ weight_map: { a: shardNames[0], b: shardNames[1] } }));
const plain = { 'config.json': text('{"model_type":"llama"}'), ...tokenizer };

let hub: ImitatedHub;
let savedToken: string | undefined;

beforeAll(async () => {
  savedToken = process.env['HF_TOKEN'];
  delete process.env['HF_TOKEN'];
  hub = await ImitatedHub.start({
    'acme/single': { files: { ...plain, 'README.md': text('no'), 'model.safetensors': weights } },
    'acme/sharded': {
      files: {
        ...plain,
        'model.safetensors.index.json': index,
        [shardNames[0]]: randomBytes(5000),
        [shardNames[1]]: randomBytes(6000),
        'original/consolidated.00.pth': randomBytes(9000),
      },
      tags: { 'v1.0': 'x' },
    },
    'acme/ready': {
      files: {
        ...plain,
        'model.safetensors': weights,
        'onnx/model_q4.onnx': randomBytes(2000),
        'onnx/model.onnx': randomBytes(2000),
        'onnx/model.onnx_data': randomBytes(3000),
        'onnx/model_fp16.onnx': randomBytes(2000),
      },
    },
    'meta-llama/Meta-Llama-3-8B-Instruct': { files: { ...plain, 'model.safetensors': weights }, gated: true },
    'acme/secret': { files: { ...plain, 'model.safetensors': weights }, private: true },
    'acme/gguf': { files: { ...plain, 'model.Q4_K_M.gguf': randomBytes(2000) } },
    'acme/pickled': { files: { 'config.json': text('{}'), 'tokenizer.model': text('x') } },
  });
});
afterAll(async () => {
  await hub.stop();
  if (savedToken !== undefined) process.env['HF_TOKEN'] = savedToken;
});
afterEach(() => {
  hub.faults.length = 0;
});

interface Tried {
  result: Awaited<ReturnType<typeof resolveModel>> | null;
  error: { code: string; line: string; whole: string } | null;
  notes: string[];
  waits: number[];
  cacheFolder: string;
  requests: number;
  sent: number;
}

async function attempt(
  modelId: string,
  options: Partial<ResolveOptions> = {},
  reference: Partial<ModelReference> = {},
): Promise<Tried> {
  const cacheFolder = options.cacheFolder ?? (await mkdtemp(join(tmpdir(), 'hub-')));
  const tried: Tried = { result: null, error: null, notes: [], waits: [], cacheFolder, requests: 0, sent: 0 };
  const [requests, sent] = [hub.requests.length, hub.sentBytes];
  try {
    tried.result = await resolveModel(
      { modelId, localPath: null, revision: null, quantization: null, ...reference },
      {
        offline: false,
        hubUrl: hub.url,
        note: (line) => tried.notes.push(line),
        wait: async (ms) => void tried.waits.push(ms),
        ...options,
        cacheFolder,
      },
    );
  } catch (error) {
    const coded = error as { code: string; toLine(): string; stack: string };
    if (typeof coded.toLine !== 'function') throw error;
    tried.error = { code: coded.code, line: coded.toLine(), whole: JSON.stringify([coded.stack, error]) };
  }
  tried.requests = hub.requests.length - requests;
  tried.sent = hub.sentBytes - sent;
  return tried;
}

const onWeights = (fault: Fault): void => void hub.faults.push({ match: /files:.*safetensors$/, fault });

describe('fetching', () => {
  it('brings what is needed and no more into the shared layout, and works without the network afterwards', async () => {
    const { result, cacheFolder, notes, sent } = await attempt('acme/single');
    const commit = hub.commitOf('acme/single');
    const folder = join(cacheFolder, 'models--acme--single', 'snapshots', commit);
    expect(result).toEqual({
      folder,
      kind: 'safetensors',
      source: 'acme/single',
      revision: commit,
      weights: [expect.objectContaining({ path: 'model.safetensors', size: weights.length })],
    });
    expect(notes.at(-1)).toBe(
      `acme/single: hub, commit ${commit.slice(0, 12)} (main), safetensors, up to date`,
    );
    expect((await readdir(folder)).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect((await readFile(join(folder, 'model.safetensors'))).equals(weights)).toBe(true);
    expect(await realpath(join(folder, 'model.safetensors'))).toContain(
      `${join('models--acme--single', 'blobs')}`,
    );
    expect(await readFile(join(cacheFolder, 'models--acme--single', 'refs', 'main'), 'utf8')).toBe(commit);
    expect(sent).toBeGreaterThan(weights.length);

    const again = await attempt('acme/single', { cacheFolder });
    expect([again.result, again.sent]).toEqual([result, 0]);
    const offline = await attempt('acme/single', { cacheFolder, offline: true });
    expect([offline.result, offline.requests]).toEqual([result, 0]);
    const pinned = await attempt('acme/single', { cacheFolder }, { revision: commit });
    expect([pinned.result, pinned.requests]).toEqual([result, 0]);
    const dead = await attempt('acme/single', { cacheFolder, hubUrl: 'http://127.0.0.1:9' });
    expect(dead.result).toEqual(result);
    expect(dead.notes.join()).toContain('MODEL_HUB_UNREACHABLE');
  });

  it('follows the index of sharded weights, and a tag', async () => {
    const { result } = await attempt('acme/sharded', {}, { revision: 'v1.0' });
    expect((await readdir(result!.folder)).sort()).toEqual(
      [
        'config.json',
        ...shardNames,
        'model.safetensors.index.json',
        'tokenizer.json',
        'tokenizer_config.json',
      ].sort(),
    );
  });

  it('prefers a ready decoder of the wanted width and takes its data along', async () => {
    const names = async (tried: Tried) => (await readdir(join(tried.result!.folder, 'onnx'))).sort();
    const ready = await attempt('acme/ready');
    expect(await names(ready)).toEqual(['model.onnx', 'model.onnx_data']);
    expect(ready.notes.at(-1)).toMatch(/^acme\/ready: hub, commit [0-9a-f]{12} \(main\), onnx, up to date$/);
    expect(await names(await attempt('acme/ready', {}, { quantization: '4bit' }))).toEqual(['model_q4.onnx']);
    const eight = await attempt('acme/ready', {}, { quantization: '8bit' });
    expect(eight.result!.kind).toBe('safetensors');
    // What an earlier run left in the cache does not change what is chosen.
    const { cacheFolder } = await attempt('acme/ready', {}, { quantization: '4bit' });
    expect((await attempt('acme/ready', { cacheFolder, offline: true })).error?.code).toBe(
      'MODEL_NOT_CACHED',
    );
  });

  it('takes the id under which the hub knows a well-known name', async () => {
    const { result, notes } = await attempt('meta-llama/Llama-3-8B-Instruct', { token: ADMITTED_TOKEN });
    expect(result!.source).toBe('meta-llama/Meta-Llama-3-8B-Instruct');
    expect(notes[0]).toMatch(/^warning: .*meta-llama\/Meta-Llama-3-8B-Instruct/);
  });

  it('sends the token to the hub alone, never to where the files are stored', async () => {
    const before = hub.requests.length;
    await attempt('acme/secret', { token: ADMITTED_TOKEN });
    const seen = hub.requests.slice(before);
    expect(seen.filter((request) => request.host === 'hub' && request.authorization === null)).toEqual([]);
    const stored = seen.filter((request) => request.host === 'files');
    expect(stored.length).toBe(1);
    expect(stored[0]!.authorization).toBeNull();
  });
});

describe('faults of the network', () => {
  it('goes on where a cut connection stopped, byte for byte', async () => {
    for (const after of [100_000, 0, 50_000, 1]) onWeights({ kind: 'cut', after });
    const { result, sent } = await attempt('acme/single');
    expect((await readFile(join(result!.folder, 'model.safetensors'))).equals(weights)).toBe(true);
    expect(sent).toBeLessThan(weights.length + 70_000);
  });

  it('goes on in a later run where an earlier one gave up, and leaves nothing unfinished behind', async () => {
    for (let i = 0; i < 6; i++) onWeights({ kind: 'cut', after: i === 0 ? 200_000 : 0 });
    const first = await attempt('acme/single');
    expect(first.error?.code).toBe('MODEL_DOWNLOAD');
    expect(
      (await attempt('acme/single', { cacheFolder: first.cacheFolder, offline: true })).error?.code,
    ).toBe('MODEL_NOT_CACHED');
    hub.faults.length = 0;
    // As if the first run had been another process, now gone.
    const unfinished = join(first.cacheFolder, 'models--acme--single', 'blobs');
    const gone = spawnSync(process.execPath, ['--version']).pid;
    for (const name of await readdir(unfinished)) {
      const owned = name.replace(`.${process.pid}.`, `.${gone}.`);
      if (owned !== name) await rename(join(unfinished, name), join(unfinished, owned));
    }
    const second = await attempt('acme/single', { cacheFolder: first.cacheFolder });
    expect((await readFile(join(second.result!.folder, 'model.safetensors'))).equals(weights)).toBe(true);
    expect(second.sent).toBeLessThan(weights.length / 2);
    const blobs = await readdir(join(first.cacheFolder, 'models--acme--single', 'blobs'));
    expect(blobs.filter((name) => name.includes('incomplete'))).toEqual([]);
  });

  it('notices wrong bytes and wrong lengths', async () => {
    const wrong: Fault[] = [
      { kind: 'flip-byte', at: 7 },
      { kind: 'append', bytes: 3 },
      { kind: 'shorten', bytes: 3 },
      { kind: 'ignore-range' },
    ];
    for (const fault of wrong) {
      onWeights(fault);
      const { result } = await attempt('acme/single');
      expect((await readFile(join(result!.folder, 'model.safetensors'))).equals(weights)).toBe(true);
    }
    // A range that is ignored only once one is asked for.
    onWeights({ kind: 'cut', after: 1000 });
    onWeights({ kind: 'ignore-range' });
    expect((await attempt('acme/single')).result).not.toBeNull();
    for (let i = 0; i < 2; i++) onWeights({ kind: 'flip-byte', at: 7 });
    const { error, cacheFolder } = await attempt('acme/single');
    expect(error?.code).toBe('MODEL_FILE_DAMAGED');
    expect((await readdir(join(cacheFolder, 'models--acme--single', 'blobs'))).join()).not.toContain(
      'incomplete',
    );
  });

  it('waits as long as the hub asks, and tries again after its failures', async () => {
    const api = /hub:\/api\/models\/acme\/single\/revision/;
    hub.faults.push({ match: api, fault: { kind: 'status', status: 429, headers: { 'retry-after': '7' } } });
    hub.faults.push({ match: api, fault: { kind: 'status', status: 500 } });
    onWeights({ kind: 'status', status: 503 });
    const { result, waits, notes } = await attempt('acme/single');
    expect(result).not.toBeNull();
    expect(waits).toEqual([7000, 2000, 1000]);
    expect(notes).toContain('the hub asks to wait 7 s');

    for (let i = 0; i < 5; i++) hub.faults.push({ match: api, fault: { kind: 'status', status: 429 } });
    expect((await attempt('acme/single')).error?.code).toBe('MODEL_HUB_BUSY');
    const longWait = { 'retry-after': '86400' };
    hub.faults.push({ match: api, fault: { kind: 'status', status: 429, headers: longWait } });
    const tooLong = await attempt('acme/single');
    expect([tooLong.error?.code, tooLong.waits]).toEqual(['MODEL_HUB_BUSY', []]);
    expect((await attempt('acme/single', { hubUrl: 'http://127.0.0.1:9' })).error?.code).toBe(
      'MODEL_HUB_UNREACHABLE',
    );
  });

  it('reads Retry-After as seconds or as a date', () => {
    const now = Date.parse('2024-01-01T00:00:00Z');
    expect(retryAfterMs('12', now)).toBe(12_000);
    expect(retryAfterMs('Mon, 01 Jan 2024 00:01:00 GMT', now)).toBe(60_000);
    expect(retryAfterMs('Sun, 31 Dec 2023 00:00:00 GMT', now)).toBe(0);
    expect(retryAfterMs('soon', now)).toBeNull();
  });
});

describe('refusals', () => {
  it('says what to do, and never shows the token', async () => {
    const gated = 'meta-llama/Meta-Llama-3-8B-Instruct';
    const cases: [string, Partial<ResolveOptions>, Partial<ModelReference>, string, RegExp][] = [
      [gated, {}, {}, 'MODEL_GATED', /Accept its licence at http:\S+Meta-Llama-3-8B-Instruct/],
      [gated, { token: STRANGER_TOKEN }, {}, 'MODEL_GATED', /ask for it at http:\S+Meta-Llama-3-8B-Instruct/],
      [gated, { token: EXPIRED_TOKEN }, {}, 'MODEL_TOKEN', /settings\/tokens/],
      ['acme/secret', {}, {}, 'MODEL_NOT_FOUND', /private/],
      ['acme/shardet', {}, {}, 'MODEL_NOT_FOUND', /Did you mean acme\/sharded\?/],
      ['acme/single', {}, { revision: 'v9' }, 'MODEL_REVISION', /"v9"/],
      ['acme/gguf', {}, {}, 'MODEL_FILES', /GGUF/],
      ['acme/pickled', {}, {}, 'MODEL_FILES', /tokenizer\.model alone/],
      ['acme/single', { token: 'your_token_here' }, {}, 'MODEL_TOKEN', /begin with hf_/],
      ['acme/single', { token: 'hf_with\nbreak' }, {}, 'MODEL_TOKEN', /begin with hf_/],
      ['acme/single', { offline: true }, {}, 'MODEL_NOT_CACHED', /run-scoring fetch/],
    ];
    for (const [modelId, options, reference, code, words] of cases) {
      const { error, notes } = await attempt(modelId, options, reference);
      expect([modelId, error?.code]).toEqual([modelId, code]);
      expect(error!.line).toMatch(words);
      expect(`${error!.whole}${notes}`).not.toMatch(/hf_(?:admitted|stranger|expired|with)|your_token/);
    }
  });

  it('knows a refusal by its status alone where the hub gives no reason', async () => {
    const api = /hub:\/api\/models\/acme\/single\/revision/;
    const cases: [number, Partial<ResolveOptions>, string, RegExp][] = [
      [401, {}, 'MODEL_NOT_FOUND', /private model needs HF_TOKEN/],
      [401, { token: STRANGER_TOKEN }, 'MODEL_TOKEN', /settings\/tokens/],
      [403, { token: STRANGER_TOKEN }, 'MODEL_FORBIDDEN', /Open http:\S+acme\/single with/],
      [404, { token: STRANGER_TOKEN }, 'MODEL_NOT_FOUND', /Check the spelling/],
    ];
    for (const [status, options, code, words] of cases) {
      hub.faults.push({ match: api, fault: { kind: 'status', status } });
      const { error } = await attempt('acme/single', options);
      expect([status, error?.code]).toEqual([status, code]);
      expect(error!.line).toMatch(words);
    }
    for (let i = 0; i < 5; i++) hub.faults.push({ match: api, fault: { kind: 'status', status: 500 } });
    expect((await attempt('acme/single')).error?.code).toBe('MODEL_HUB_FAILED');
  });

  it('refuses a tree that leaves the folder or lies about its shape', async () => {
    const evil = await ImitatedHub.start({
      'acme/evil': {
        files: {
          ...plain,
          'model.safetensors.index.json': text(JSON.stringify({ weight_map: { a: '../../x.safetensors' } })),
          '../../x.safetensors': randomBytes(2000),
        },
      },
    });
    expect((await attempt('acme/evil', { hubUrl: evil.url })).error?.code).toBe('MODEL_INDEX');
    await evil.stop();
  });
});

it('uses a local folder as it is, and says what it lacks', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hub-local-'));
  const local = { localPath: folder };
  expect((await attempt('./model', {}, local)).error?.code).toBe('MODEL_FILES');
  for (const [name, content] of Object.entries(plain)) await writeFile(join(folder, name), content);
  await writeFile(join(folder, 'model.safetensors'), weights);
  const { result, requests } = await attempt('./model', {}, local);
  expect([result, requests]).toEqual([
    {
      folder,
      kind: 'safetensors',
      source: './model',
      revision: null,
      weights: [{ path: 'model.safetensors', size: weights.length }],
    },
    0,
  ]);
  const absent = await attempt('./model', {}, { localPath: join(folder, 'none') });
  expect(absent.error?.code).toBe('MODEL_FOLDER_MISSING');
});
