import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADMITTED_TOKEN, ImitatedHub } from '../fixtures/hub-server.js';
import { LLAMA_32_3B_NARROW, llamaRepository } from '../fixtures/random-checkpoint.js';
import { ROOT, runScoring } from './run-dist.js';

const MODEL = 'meta-llama/Llama-3.2-3B-Instruct';
const SMALL = 'acme/small';
let hub: ImitatedHub;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  const small = llamaRepository({ ...LLAMA_32_3B_NARROW, layers: 2, shards: 1 });
  hub = await ImitatedHub.start({
    [MODEL]: { files: llamaRepository(LLAMA_32_3B_NARROW), gated: true },
    [SMALL]: { files: small },
  });
  folder = mkdtempSync(join(tmpdir(), 'hub-to-csv-'));
  env = {
    HF_ENDPOINT: hub.url,
    HF_HOME: join(folder, 'hf'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    HF_TOKEN: ADMITTED_TOKEN,
  };
  writeFileSync(join(folder, 'in.csv'), 'id,about_me\n1,"I am a welder, ten years"\n2,Hi\n3,\n4,Call me\n');
});
afterAll(() => hub.stop());

function config(model: string, quantization: string): string {
  const path = join(folder, `${model.replace('/', '-')}-${quantization}.yaml`);
  writeFileSync(
    path,
    `models:
  - {name: m, model_id: "${model}", quantization: ${quantization}}
hf_token: "\${HF_TOKEN:-}"
generation: {max_new_tokens: 300}
prompt: {system: "Judge the profile."}
output:
  fields:
    - {name: flag, type: enum, values: [good, bad]}
    - {name: reasoning, type: string, max_tokens: 10}
`,
  );
  return path;
}

function scoring(configPath: string, output: string): string[] {
  return ['--input', join(folder, 'in.csv'), '--output', output, '--config', configPath, '--json'];
}

it.each(['4bit', '8bit'])(
  'one command goes from a gated hub repository to a scored table, %s',
  async (quantization) => {
    const output = join(folder, `${quantization}.csv`);
    const { code, stderr, stdout } = await runScoring(scoring(config(MODEL, quantization), output), { env });
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    const rows = parse(readFileSync(output), { columns: true }) as Record<string, string>[];
    expect(rows.map((row) => row['ai_m_status'])).toEqual(['ok', 'ok', 'empty_input', 'ok']);
    expect(rows.filter((row) => ['good', 'bad'].includes(row['ai_m_flag']!)).length).toBe(3);
    expect(stderr).toMatch(
      new RegExp(`converted ${MODEL} to ${quantization} in [\\d.]+ s \\(\\d+ MB/s of its \\d+ MB\\)`),
    );
    expect(stderr).toContain(`commit ${hub.commitOf(MODEL).slice(0, 12)}`);
    // The summary holds the commit in full, for people and for programs.
    expect(stderr.replace(/\s+/g, ' ')).toContain(`m: ${MODEL} at commit ${hub.commitOf(MODEL)} `);
    expect(JSON.parse(stdout).models[0]).toMatchObject({
      source: MODEL,
      revision: hub.commitOf(MODEL),
      quantization,
    });
    expect(`${stdout}${stderr}`).not.toContain(ADMITTED_TOKEN);
    const converted = readdirSync(join(folder, 'cache', 'run-scoring', 'converted'));
    expect(converted.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  },
);

it('fetches all models once, then scores with the network off, with the same answers each time', async () => {
  const path = config(SMALL, '4bit');
  const second = `  - {name: n, model_id: "${SMALL}", torch_dtype: float32}\n  - {name: o, model_id: "acme/none", enabled: false}\n`;
  writeFileSync(path, readFileSync(path, 'utf8').replace('hf_token', `${second}hf_token`));
  const fetched = await runScoring(['fetch', '--config', path], { env });
  expect([fetched.code, fetched.stderr]).toEqual([
    0,
    expect.stringMatching(/m: converted acme\/small to 4bit/),
  ]);
  expect(fetched.stderr).toMatch(/n: converted acme\/small to float32/);
  const offline = { ...env, HF_ENDPOINT: 'http://127.0.0.1:9' };
  const outputs = [join(folder, 'first.csv'), join(folder, 'second.csv')];
  for (const output of outputs) {
    const { code, stderr } = await runScoring([...scoring(path, output), '--multi-model', '--offline'], {
      env: offline,
    });
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('converted')]);
  }
  expect(readFileSync(outputs[0]!, 'utf8')).toBe(readFileSync(outputs[1]!, 'utf8'));
});

it('shows what a model is without fetching its weights', async () => {
  const fresh = { ...env, HF_HOME: join(folder, 'inspected') };
  const before = hub.sentBytes;
  const { code, stdout } = await runScoring(['inspect', MODEL, '--quantization', '4bit'], { env: fresh });
  expect(code).toBe(0);
  expect(hub.sentBytes - before).toBeLessThan(100_000);
  const lines = Object.fromEntries(
    stdout.split('\n').map((line) => [line.slice(0, 14).trim(), line.slice(14)]),
  );
  expect(lines).toMatchObject({
    model: MODEL,
    from: `hub, commit ${hub.commitOf(MODEL)}; weights would be fetched`,
    architecture: 'llama, 28 layers of 192, 24 heads over 8',
    context: '131072 tokens',
    'chat template': 'yes',
  });
  expect(lines['weights']).toMatch(/^bfloat16, 14\.\d MB on disk$/);
  const json = await runScoring(['inspect', MODEL, '--json', '--offline'], { env: fresh });
  expect([json.code, json.stderr]).toEqual([5, expect.stringContaining('MODEL_NOT_CACHED')]);
});

it('says which page to visit when the licence has not been accepted', async () => {
  const fresh = { ...env, HF_HOME: join(folder, 'empty'), HF_TOKEN: '' };
  const output = join(folder, 'never.csv');
  const { code, stderr } = await runScoring(scoring(config(MODEL, '4bit'), output), { env: fresh });
  expect(code).toBe(5);
  expect(stderr).toContain('MODEL_GATED');
  expect(stderr).toContain(`${hub.url}/${MODEL}`);
  const fetched = await runScoring(['fetch', '--config', config(MODEL, '4bit')], { env: fresh });
  expect([fetched.code, fetched.stderr]).toEqual([5, expect.stringContaining(`${hub.url}/${MODEL}`)]);
  const embedded = '  - {name: e, model_id: "./data/models/scout"}\n'.replace('./', `${ROOT}/`);
  const both = config(MODEL, '4bit');
  writeFileSync(both, readFileSync(both, 'utf8').replace('hf_token', `${embedded}hf_token`));
  expect((await runScoring(['fetch', '--config', both], { env: fresh })).code).toBe(6);
});
