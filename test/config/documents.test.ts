import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createConfig } from '../../src/config/create-config.js';
import { parseConfig } from '../../src/config/load-config.js';
import { RunScoringError } from '../../src/foundation/errors.js';
import { MultiModelBatchProcessor } from '../../src/index.js';
import { ROOT } from '../cli/run-dist.js';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const yamlBlocks = (text: string) => [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1]!);

describe('the YAML in the documents', () => {
  it('MULTI_MODEL.md: every block loads, except the old format', () => {
    const blocks = yamlBlocks(read('MULTI_MODEL.md'));
    expect(blocks.length).toBeGreaterThanOrEqual(6);
    const codes = blocks.map((block) => {
      try {
        parseConfig(block, 'MULTI_MODEL.md');
        return 'ok';
      } catch (error) {
        if (error instanceof RunScoringError) return error.code;
        throw error;
      }
    });
    expect(codes.filter((code) => code !== 'ok')).toEqual(['CONFIG_OLD_FORMAT']);
  });

  it('config/README.md: the output fields load', () => {
    const [block] = yamlBlocks(read('config/README.md'));
    expect(
      parseConfig(`models: [{name: a, model_id: o/n}]\n${block}`, 'README.md').output.fields.length,
    ).toBe(3);
  });
});

it('SECURITY.md: every test that it names is there', () => {
  const promises = read('SECURITY.md').split('## Promises')[1]!.split('## What is not promised')[0]!;
  const names = [...promises.matchAll(/`([a-z]+(?:[/-][a-z]+)+)`/g)].map((match) => match[1]!);
  const tests = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' });
  const isThere = (name: string): boolean =>
    tests.some((path) => path === `${name}.test.ts` || path.endsWith(`/${name}.test.ts`));
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => !isThere(name))).toEqual([]);
});

it('MULTI_MODEL.md: the comparison code does what it says', async () => {
  const [code] = [...read('MULTI_MODEL.md').matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]!);
  const folder = await mkdtemp(join(tmpdir(), 'documents-'));
  try {
    const rows = [
      ['bad', 'bad', 0.9, 'bad'],
      ['good', 'good', 0.9, 'good'],
      ['good', 'bad', 0.6, 'bad'],
      [null, 'bad', 0.7, ''],
    ].map(([a, b, confidence, Human_flag]) => ({
      ai_a_flag: a,
      ai_a_confidence: 0.8,
      ai_b_flag: b,
      ai_b_confidence: confidence,
      Human_flag,
    }));
    const config = createConfig({ models: ['a', 'b'].map((name) => ({ name, model_id: `o/${name}` })) });
    await new MultiModelBatchProcessor(config).writeRows(join(folder, 'results.csv'), rows);
    const module = join(folder, 'code.mjs');
    const index = pathToFileURL(join(ROOT, 'dist', 'src', 'index.js')).href;
    const body = code!
      .replace("'wfa-profile-analyzer'", JSON.stringify(index))
      .replace("'results.csv'", JSON.stringify(join(folder, 'results.csv')))
      .replace(/^import .*$/m, '$&\nconst { config, rows, console } = globalThis.documents;');
    await writeFile(module, `${body}\nexport { comparison, voted, evaluation };`);
    const said: string[] = [];
    Object.assign(globalThis, { documents: { config, rows, console: { log: (t: string) => said.push(t) } } });
    const { comparison, voted, evaluation } = await import(module);
    expect(comparison.agreement.value).toBeCloseTo(2 / 3);
    expect(comparison.disputedRows.map((each: { row: number }) => each.row)).toEqual([3]);
    expect(said[0]).toContain('4 rows: 3 labelled by every model, 1 with a label missing');
    const flags = voted.map((row: Record<string, unknown>) => row['ensemble_flag']);
    expect(flags).toEqual(['bad', 'good', 'good', 'bad']);
    expect(evaluation.raters[0].metrics.at(-1)).toMatchObject({ tag: 'overall', tp: 1, fn: 1, tn: 1 });
  } finally {
    await rm(folder, { recursive: true });
  }
});
