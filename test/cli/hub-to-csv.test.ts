import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADMITTED_TOKEN, ImitatedHub } from '../fixtures/hub-server.js';
import { LLAMA_32_3B_NARROW, llamaRepository } from '../fixtures/random-checkpoint.js';
import { runScoring } from './run-dist.js';

const MODEL = 'meta-llama/Llama-3.2-3B-Instruct';
let hub: ImitatedHub;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  hub = await ImitatedHub.start({ [MODEL]: { files: llamaRepository(LLAMA_32_3B_NARROW), gated: true } });
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

function config(quantization: string): string {
  const path = join(folder, `${quantization}.yaml`);
  writeFileSync(
    path,
    `models:
  - {name: m, model_id: "${MODEL}", quantization: ${quantization}}
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

it.each(['4bit', '8bit'])(
  'one command goes from a gated hub repository to a scored table, %s',
  async (quantization) => {
    const output = join(folder, `${quantization}.csv`);
    const args = ['--input', join(folder, 'in.csv'), '--output', output, '--config', config(quantization)];
    const { code, stderr, stdout } = await runScoring([...args, '--verbose'], { env });
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    const rows = parse(readFileSync(output), { columns: true }) as Record<string, string>[];
    expect(rows.map((row) => row['ai_m_status'])).toEqual(['ok', 'ok', 'empty_input', 'ok']);
    expect(rows.filter((row) => ['good', 'bad'].includes(row['ai_m_flag']!)).length).toBe(3);
    expect(stderr).toMatch(new RegExp(`converted ${MODEL} to ${quantization} in [\\d.]+ s \\(\\d+ MB/s`));
    expect(stderr).toContain(`commit ${hub.commitOf(MODEL).slice(0, 12)}`);
    expect(`${stdout}${stderr}`).not.toContain(ADMITTED_TOKEN);
    expect(
      readdirSync(join(folder, 'cache', 'run-scoring', 'converted')).filter((name) => name.endsWith('.tmp')),
    ).toEqual([]);

    // The second time nothing is fetched or converted, and the answers are the same, with the network off too.
    const before = hub.sentBytes;
    const again = join(folder, `${quantization}-again.csv`);
    const offline = [
      '--input',
      join(folder, 'in.csv'),
      '--output',
      again,
      '--config',
      config(quantization),
      '--offline',
    ];
    const second = await runScoring([...offline, '--verbose'], { env });
    expect([second.code, second.stderr]).toEqual([0, expect.not.stringContaining('converted')]);
    expect(hub.sentBytes).toBe(before);
    expect(readFileSync(again, 'utf8')).toBe(readFileSync(output, 'utf8'));
  },
);

it('says which page to visit when the licence has not been accepted', async () => {
  const args = [
    '--input',
    join(folder, 'in.csv'),
    '--output',
    join(folder, 'x.csv'),
    '--config',
    config('4bit'),
  ];
  const fresh = { ...env, HF_HOME: join(folder, 'empty'), HF_TOKEN: '' };
  const { code, stderr } = await runScoring(args, { env: fresh });
  expect(code).toBe(5);
  expect(stderr).toContain('MODEL_GATED');
  expect(stderr).toContain(`${hub.url}/${MODEL}`);
});
