import { readdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Folder, newFolder, runHere } from './command-line.js';
import { runScoring } from './run-dist.js';

let folder: Folder;
beforeEach(async () => {
  folder = await newFolder();
  await writeFile(folder.path('in.csv'), 'about_me\nI cook for forty people.\n\n');
  await writeFile(folder.path('scored.csv'), 'about_me,ai_scout_flag\nHi,good\n');
  await writeFile(folder.path('old.csv'), 'old');
});
afterEach(() => folder.remove());

const dryRun = (input: string, ...options: string[]) =>
  runHere(['--input', folder.path(input), '--dry-run', ...options]);

describe('a dry run', () => {
  it('counts tokens for every model and writes nothing', async () => {
    const { code, stdout, stderr } = await dryRun('in.csv', '--multi-model', '--json');
    expect([code, stderr]).toEqual([0, expect.stringContaining('I cook for forty people.')]);
    const { models } = JSON.parse(stdout);
    expect(models.map(({ name, rows }: { name: string; rows: number }) => [name, rows])).toEqual([
      ['scout', 2],
      ['careful', 2],
      ['strict', 2],
    ]);
    expect((await readdir(folder.path('.'))).sort()).toEqual(['in.csv', 'old.csv', 'scored.csv']);
    expect((await dryRun('in.csv', '--quiet')).stderr).toBe('');
  });

  it('reads stdin for several models', async () => {
    const { code, stderr } = await runScoring(['--input', '-', '--dry-run', '--multi-model'], {
      stdin: 'about_me\nHi\n',
    });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/scout: 1 rows[\s\S]*strict: 1 rows/)]);
  });

  it.each<[string, string[], number, string]>([
    ['in.csv', ['--output', 'none/o.csv'], 4, 'OUTPUT_FOLDER_MISSING'],
    ['in.csv', ['--output', 'old.csv', '--no-clobber'], 4, 'OUTPUT_EXISTS'],
    ['in.csv', ['--output', 'in.csv'], 4, 'OUTPUT_IS_INPUT'],
    ['in.csv', ['--output', 'o.xls'], 4, 'OUTPUT_FORMAT'],
    ['in.csv', ['--output', 'o.csv', '--report', 'none/r.html'], 4, 'OUTPUT_FOLDER_MISSING'],
    ['scored.csv', [], 4, 'OUTPUT_COLUMN_EXISTS'],
    ['in.csv', ['--ties', 'positive'], 2, 'USAGE_OPTION'],
  ])('says what the run would say: %s %j', async (input, options, exitCode, code) => {
    const given = options.map((option) => (option.includes('.') ? folder.path(option) : option));
    const said = await dryRun(input, ...given);
    expect([said.code, said.stderr]).toEqual([exitCode, expect.stringContaining(`[${code}]`)]);
  });
});
