import { appendFile, copyFile, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareResults, createConfig } from '../../src/index.js';
import { type Folder, newFolder, runHere } from './command-line.js';
import { runScripted } from './run-dist.js';

let folder: Folder;
beforeEach(async () => {
  folder = await newFolder();
  await folder.table('in.csv', [['about_me'], ['odd'], ['even'], ['odd']]);
  const models = ['a', 'b', 'c'].map((name) => `  - {name: ${name}, model_id: ./${name}}\n`).join('');
  await writeFile(folder.path('one.yaml'), `models:\n${models}`);
  const other = 'prompt: {system: Other words.}\ngeneration: {max_new_tokens: 500}\n';
  await writeFile(folder.path('two.yaml'), `models:\n${models}${other}`);
});
afterEach(() => folder.remove());

async function run(config: string, model: string, input: string, output: string, ...more: string[]) {
  const args = ['--config', config, '--models', model, '--input', input, '--output', output, ...more];
  const { code, stderr } = await runScripted(args, { cwd: folder.path('.') });
  expect(code).toBe(0);
  return stderr.replace(/\s+/g, ' ');
}
const command = (name: string, table: string, ...options: string[]) =>
  runHere([name, folder.path(table), ...options]);

describe('models of different runs in one table', () => {
  const DIFFERENT = 'prompt.system, generation.max_new_tokens';

  it('with one config are compared, and nothing is said', async () => {
    await run('one.yaml', 'a', 'in.csv', 'first.csv');
    expect(await run('one.yaml', 'b', 'first.csv', 'second.csv')).not.toContain('warning');
    const { code, stdout } = await command('compare', 'second.csv');
    expect([code, stdout]).toEqual([0, expect.stringContaining('3 rows: 3 labelled by every model')]);
  });

  it('with two configs: the second run warns, the commands refuse and name what differs', async () => {
    await run('one.yaml', 'a', 'in.csv', 'first.csv');
    expect(await run('two.yaml', 'b', 'first.csv', 'second.csv')).toContain(
      `warning: the input's columns of a were made with another config (${DIFFERENT})`,
    );
    const mixed = [
      'second.csv',
      `The models a and b were run with different configs (${DIFFERENT}).`,
    ] as const;
    for (const [name, ...options] of [
      ['compare'],
      ['ensemble', '--output', folder.path('voted.csv')],
      ['review', '--output', folder.path('review.csv')],
      ['evaluate'],
    ] as const) {
      const { code, stdout, stderr } = await command(name, 'second.csv', ...options);
      expect([name, code, stdout]).toEqual([name, 3, '']);
      expect(stderr).toContain(mixed[1]);
      expect(stderr).toContain('[INPUT_MIXED_RUNS]');
    }
    expect((await command('compare', 'second.csv', '--allow-mixed-runs')).code).toBe(0);
    expect((await command('compare', 'second.csv', '--models', 'b')).code).toBe(0);
    const config = createConfig({ models: [{ name: 'a', model_id: 'o/a' }] });
    await expect(compareResults(config, folder.path('second.csv'))).rejects.toThrow(mixed[1]);
    expect((await compareResults(config, folder.path('second.csv'), { allowMixedRuns: true })).rows).toBe(3);
    await symlink(folder.path('second.csv'), folder.path('link.csv'));
    expect((await command('compare', 'link.csv')).code).toBe(3);
  });

  it('a third run carries it on; its own comparison is refused too, and the run ends well', async () => {
    await run('one.yaml', 'a', 'in.csv', 'first.csv');
    await run('two.yaml', 'b', 'first.csv', 'second.jsonl');
    const said = await run('two.yaml', 'c', 'second.jsonl', 'third.csv', '--compare');
    expect(said).toContain("warning: the input's columns of a were made with another config");
    expect(said).not.toContain('columns of b');
    expect(said).toContain('[INPUT_MIXED_RUNS]');
    expect((await command('compare', 'third.csv', '--models', 'b,c')).code).toBe(0);
    expect((await command('compare', 'third.csv', '--models', 'a,c')).code).toBe(3);
  });

  it.each(['.xlsx', '.parquet', '.tsv'])('%s', async (ending) => {
    await run('one.yaml', 'a', 'in.csv', `first${ending}`);
    const said = await run('two.yaml', 'b', `first${ending}`, `second${ending}`);
    expect(said).toContain('were made with another config');
    expect((await command('compare', `second${ending}`)).stderr).toContain('[INPUT_MIXED_RUNS]');
  });

  it('is not said of a file that the record is not about', async () => {
    await run('one.yaml', 'a', 'in.csv', 'first.csv');
    await run('two.yaml', 'b', 'first.csv', 'second.csv');
    await copyFile(folder.path('second.csv'), folder.path('elsewhere.csv'));
    expect((await command('compare', 'elsewhere.csv')).code).toBe(0);
    const text = await readFile(folder.path('second.csv'), 'utf8');
    await appendFile(folder.path('second.csv'), text.slice(text.lastIndexOf('\n', text.length - 2) + 1));
    expect((await command('compare', 'second.csv')).code).toBe(0);
  });

  it('a damaged record is none', async () => {
    await run('one.yaml', 'a', 'in.csv', 'first.csv');
    const record = join(folder.path('.first.csv.run-scoring'), 'run.json');
    for (const text of ['', '{"finished":{"models":{"a":1}}}', '{"finished":{"models":7}}', '[]', '{"a"']) {
      await writeFile(record, text);
      expect((await command('compare', 'first.csv')).code).toBe(0);
      await run('two.yaml', 'b', 'first.csv', 'second.csv');
    }
  });
});
