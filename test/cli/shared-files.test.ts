import { execFileSync } from 'node:child_process';
import { link, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/table/file-system.js';
import { resolveOutput } from '../../src/table/output-target.js';
import { RunFolder } from '../../src/table/run-folder.js';
import { type Folder, newFolder, runHere } from './command-line.js';
import { ROOT } from './run-dist.js';

let folder: Folder;
const at = (name: string) => folder.path(name);
beforeEach(async () => {
  folder = await newFolder();
  await writeFile(at('in.csv'), 'about_me,Human_flag\nHi,good\n');
  await writeFile(at('scored.csv'), 'about_me,ai_a_flag\nHi,good\n');
  await writeFile(at('labels.csv'), 'row_key,Human_flag\nx,good\n');
  await writeFile(at('c.yaml'), 'models: [{name: a, model_id: ./none}]\n');
  for (const name of ['in.csv', 'scored.csv', 'labels.csv', 'c.yaml']) {
    await symlink(at(name), at(`link-${name}`));
    await link(at(name), at(`hard-${name}`));
  }
  await mkdir(at('sub'));
  await symlink(at('.'), at('sub/up'));
});
afterEach(() => folder.remove());

describe('a file that the command needs is never written over, whatever it is called', () => {
  const RUN = ['--input', 'in.csv', '--config', 'c.yaml'];
  const EVALUATE = ['evaluate', 'scored.csv', '--config', 'c.yaml', '--labels', 'labels.csv'];
  it.each([
    [...RUN, '--output', 'o.csv', '--report', 'link-in.csv'],
    [...RUN, '--output', 'o.csv', '--report', 'sub/up/in.csv'],
    [...RUN, '--output', 'o.csv', '--report', 'sub/up/o.csv'],
    [...RUN, '--output', 'o.csv', '--log-file', 'hard-in.csv'],
    [...RUN, '--output', 'o.csv', '--log-file', 'link-c.yaml'],
    [...RUN, '--output', 'link-c.yaml'],
    ['--input', 'in.xlsx#Sheet', '--config', 'c.yaml', '--output', 'o.csv', '--report', 'in.xlsx'],
    [...EVALUATE, '--output', 'link-labels.csv'],
    [...EVALUATE, '--output', 'c.yaml'],
    [...EVALUATE, '--report', 'hard-labels.csv'],
    [...EVALUATE, '--report', 'link-scored.csv'],
    ['compare', 'scored.csv', '--config', 'c.yaml', '--report', 'link-scored.csv'],
    ['ensemble', 'scored.csv', '--config', 'c.yaml', '--output', 'link-c.yaml'],
    ['review', 'scored.csv', '--config', 'c.yaml', '--output', 'hard-c.yaml'],
  ])('%j', async (...args) => {
    await writeFile(at('in.xlsx'), 'stands for a workbook');
    const names = await readdir(at('.'));
    const contents = () => Promise.all(names.map((name) => readFile(at(name), 'utf8').catch(() => '')));
    const before = await contents();
    const given = args.map((arg) => (/[./]/.test(arg) ? at(arg) : arg));
    const { code, stderr } = await runHere(given);
    expect([code, stderr]).toEqual([2, expect.stringContaining('needs for something else. [USAGE_OPTION]')]);
    expect(await contents()).toEqual(before);
    expect(await readdir(at('.'))).toEqual(names);
  });
});

it('nor the file that stdout was sent to, nor a folder that is not there', async () => {
  for (const output of ['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1', at('new/')]) {
    const { code, stderr } = await runHere(['ensemble', at('scored.csv'), '--output', output]);
    expect([code, stderr]).toEqual([4, expect.stringContaining('OUTPUT_NOT_A_FILE')]);
  }
});

it('a table that another process is writing is left to it', async () => {
  const vote = () => runHere(['ensemble', at('scored.csv'), '--output', at('o.csv')]);
  const target = await resolveOutput(nodeFileSystem, at('o.csv'), '');
  const run = await RunFolder.open(nodeFileSystem, target);
  await writeFile(at('.o.csv.draft-1'), 'of the run');
  expect(await vote()).toMatchObject({ code: 4, stderr: expect.stringContaining('OUTPUT_LOCKED') });
  expect(await readFile(at('.o.csv.draft-1'), 'utf8')).toBe('of the run');
  await run.release();
  expect((await vote()).code).toBe(0);
  expect((await readdir(at('.'))).filter((name) => name.startsWith('.'))).toEqual([]);
});

it('npx finds the program whether it is built or not', () => {
  const bin = `${ROOT}/bin/run-scoring.js`;
  expect(execFileSync(bin, ['--version'], { encoding: 'utf8' })).toMatch(/^\d+\.\d+\.\d+\n$/);
});
