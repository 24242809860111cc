import { cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { loadEngine } from '../../src/backends/load-engine.js';
import { DEFAULT_FIELDS } from '../../src/config/default-rubric.js';
import { loadConfig } from '../../src/config/load-config.js';
import { MultiModelBatchProcessor } from '../../src/scoring/multi-model-batch-processor.js';
import { spawnModel } from '../../src/worker/spawn-model.js';
import { runScoring } from '../cli/run-dist.js';

const names = ['scout', 'careful', 'strict'];
const folder = mkdtempSync(join(tmpdir(), 'embedded-'));
const out = (name: string): string => join(folder, name);
const read = (path: string): Record<string, string>[] => parse(readFileSync(path), { columns: true });

/** Lines that a greedy run of transformers.js over the same files would give, row by row. */
async function transformersJs(model: string, texts: readonly string[]): Promise<string[]> {
  const { AutoModelForCausalLM, AutoTokenizer, env } = await import('@huggingface/transformers');
  env.allowRemoteModels = false;
  env.localModelPath = resolve('data/models');
  const tokenizer = await AutoTokenizer.from_pretrained(model);
  const decoder = await AutoModelForCausalLM.from_pretrained(model, { dtype: 'q8' });
  const answers: string[] = [];
  for (const text of texts) {
    const inputs = tokenizer.apply_chat_template([{ role: 'user', content: text }], {
      add_generation_prompt: true,
      return_dict: true,
    }) as { input_ids: { dims: number[] } };
    const output = (await decoder.generate({
      ...inputs,
      max_new_tokens: 200,
      do_sample: false,
    } as never)) as {
      tolist(): bigint[][];
    };
    const chosen = output.tolist()[0]!.slice(inputs.input_ids.dims[1]).map(Number);
    answers.push(tokenizer.decode(chosen, { skip_special_tokens: true }));
  }
  await decoder.dispose();
  return answers;
}

describe.each(names)('the embedded model %s', (name) => {
  const model = join('data/models', name);

  it('is small and lists the checksums of its files', () => {
    const lines = readFileSync(join(model, 'SHA256SUMS'), 'utf8').trim().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(4);
    const bytes = lines.reduce((sum, line) => sum + readFileSync(join(model, line.slice(66))).byteLength, 0);
    expect(bytes).toBeLessThanOrEqual(6_000_000);
    expect(existsSync(join(model, 'README.md'))).toBe(true);
  });

  it('gives in plain transformers.js the answers it gives here', async () => {
    const texts = read('data/sample.csv')
      .map((row) => row['about_me']!.trim())
      .filter((text) => text !== '' && text.length < 400)
      .slice(0, 6);
    texts.push(texts.join(' ')); // many times what the first layers see at once
    const loaded = await loadEngine({
      folder: model,
      quantization: undefined,
      fields: DEFAULT_FIELDS,
      constrained: false,
      prompt: { system: 'unused by this model' },
      maxInputTokens: 1500,
      maxNewTokens: 200,
      batchSize: 4,
      device: 'cpu',
    });
    const ours: string[] = [];
    async function* requests() {
      for (const [id, text] of texts.entries()) yield { id, tokens: loaded.encoder.encode(text).tokens };
    }
    for await (const completion of loaded.engine.generate(requests())) {
      ours.push(loaded.encoder.decode(completion!.tokens));
    }
    await loaded.dispose();
    expect(ours).toEqual(await transformersJs(name, texts));
  });

  it('is described by its file, and with the memory it takes', async () => {
    const { code, stdout } = await runScoring(['inspect', `./${model}`]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^form +ready ONNX decoder$/m);
    expect(stdout).toMatch(/^weights +model_quantized\.onnx, 3\.\d MB on disk$/m);
    expect(stdout).toMatch(/^memory +about \d+\.\d MB with 8 rows of 1000 tokens/m);
    expect(stdout).toMatch(/^context +2048 tokens$/m);
    expect(stdout).toMatch(/^chat template yes$/m);
  });

  it('is refused when a bit of its weights has flipped', async () => {
    const copy = join(folder, basename(model));
    cpSync(model, copy, { recursive: true });
    const weights = join(copy, 'onnx', 'model_quantized.onnx');
    const bytes = readFileSync(weights);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(weights, bytes);
    const config = out(`${name}.yaml`);
    writeFileSync(config, `models:\n  - { name: "m", enabled: true, model_id: "./${name}" }\n`);
    const target = out('damaged.csv');
    const run = await runScoring(['--input', 'data/sample.csv', '--output', target, '--config', config]);
    expect(run.code).toBe(5);
    expect(run.stderr).toContain('MODEL_FILE_DAMAGED');
    expect(existsSync(target)).toBe(false);
  });
});

describe('the main job', () => {
  const line = (output: string, ...more: string[]): string[] => [
    '--input',
    'data/sample.csv',
    '--output',
    output,
    '--config',
    'config/config.yaml',
    '--multi-model',
    ...more,
  ];

  it('scores the sample with every enabled model, leaving the input as it was', async () => {
    const run = await runScoring(line(out('results.csv'), '--json'));
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ rows: 40 });
    const input = read('data/sample.csv');
    const results = read(out('results.csv'));
    expect(results).toHaveLength(input.length);
    for (const [index, row] of results.entries()) {
      expect(row).toMatchObject(input[index]!);
      for (const name of names) {
        const empty = input[index]!['about_me']!.trim() === '';
        expect(row[`ai_${name}_status`]).toBe(empty ? 'empty_input' : 'ok');
        expect(['good', 'bad', ...(empty ? [''] : [])]).toContain(row[`ai_${name}_flag`]);
        if (!empty) {
          const raw = JSON.parse(row[`about_me_processed_${name}`]!) as { flag: string; tags: string[] };
          expect(raw.flag).toBe(row[`ai_${name}_flag`]);
          expect(raw.tags.join(', ')).toBe(row[`ai_${name}_tags`]);
        }
      }
    }
  });

  it('writes the same bytes at every batch size', async () => {
    const reference = out('reference.csv');
    await runScoring(line(reference, '--batch-size', '1'));
    for (const size of ['3', '8', '32']) {
      const other = out(`batch-${size}.csv`);
      await runScoring(line(other, '--batch-size', size));
      expect(readFileSync(other).equals(readFileSync(reference))).toBe(true);
    }
  });

  it('flags a violation wherever it stands in a long text, and no long text without one', async () => {
    const config = await loadConfig('config/config.yaml');
    const processor = new MultiModelBatchProcessor(config, { loadModel: spawnModel });
    const flags = async (texts: readonly string[]): Promise<string[][]> => {
      const rows = await processor.processRows(
        texts.map((text) => ({ about_me: text })),
        {
          inputColumn: 'about_me',
        },
      );
      return rows.map((row) => names.map((name) => String(row[`ai_${name}_flag`])));
    };
    const labelled = read('data/labelled.csv').filter((row) => row['insufficient_content'] !== '1');
    const alone = await flags(labelled.map((row) => row['about_me']!));
    const judged = (flag: string): string[] =>
      labelled
        .filter((row, i) => row['Human_flag'] === flag && alone[i]!.every((found) => found === flag))
        .map((row) => row['about_me']!);
    const harmless = judged('good');
    const violations = judged('bad').filter((text, i) => i % 3 === 0 && text.length > 60);
    expect(violations.length).toBeGreaterThan(5);
    const places = [0, harmless.length >> 1, harmless.length];
    const long = places.flatMap((at) => violations.map((text) => harmless.toSpliced(at, 0, text).join('\n')));
    const [without, ...withOne] = await flags([harmless.join('\n'), ...long]);
    expect(without).toEqual(names.map(() => 'good'));
    for (const [i, name] of names.entries()) {
      for (const place of places.keys()) {
        const there = withOne.slice(place * violations.length, (place + 1) * violations.length);
        const missed = there.filter((found) => found[i] !== 'bad').length;
        expect(missed, `${name}, missed at place ${place} of 3`).toBeLessThanOrEqual(1);
      }
    }
  });

  it('counts tokens in a dry run without touching the weights', async () => {
    const run = await runScoring(line(out('dry.csv'), '--dry-run'));
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('prompt tokens');
    expect(existsSync(out('dry.csv'))).toBe(false);
  });
});
