import { execFileSync } from 'node:child_process';
import { link, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  type CsvRunOptions,
  MultiModelBatchProcessor,
} from '../../src/scoring/multi-model-batch-processor.js';
import { failureOf, readCells, toCsv } from '../table/csv-text.js';
import { inFolder } from './processes.js';
import { sampleTable } from './processor-runs.js';
import { type Script, scriptedModels, testConfig } from './scripted-model.js';

function run(options: CsvRunOptions, script: Script = {}) {
  const { loadModel } = scriptedModels({}, script);
  return new MultiModelBatchProcessor(testConfig(['a']), { loadModel }).processCsv(options);
}

describe('files on a real disk', () => {
  it('sees through links: the input is never its own output, and a linked output keeps its link', () =>
    inFolder(async (folder) => {
      const input = join(folder, 'in.csv');
      await writeFile(input, sampleTable(5));
      await symlink(input, join(folder, 'soft.csv'));
      await link(input, join(folder, 'hard.csv'));
      for (const name of ['soft.csv', 'hard.csv']) {
        const error = await failureOf(run({ inputPath: input, outputPath: join(folder, name) }));
        expect(error.code).toBe('OUTPUT_IS_INPUT');
      }
      await mkdir(join(folder, 'real'));
      await writeFile(join(folder, 'real/out.csv'), 'old');
      await symlink('real/out.csv', join(folder, 'out.csv'));
      await run({ inputPath: input, outputPath: join(folder, 'out.csv') });
      expect((await readCells(await readFile(join(folder, 'real/out.csv')))).length).toBe(6);
      expect((await readdir(folder)).sort()).toEqual(['hard.csv', 'in.csv', 'out.csv', 'real', 'soft.csv']);
      await symlink('nowhere.csv', join(folder, 'loose.csv'));
      for (const path of [join(folder, 'loose.csv'), '/dev/null', folder]) {
        expect((await failureOf(run({ inputPath: input, outputPath: path }))).code).toBe('OUTPUT_NOT_A_FILE');
      }
      expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
    }));

  it('are private: output and journal 0600, their folder 0700', () =>
    inFolder(async (folder) => {
      const input = join(folder, 'in.csv');
      const output = join(folder, 'out.csv');
      await writeFile(input, sampleTable(5));
      await writeFile(output, 'old', { mode: 0o644 });
      const statusOf = () => 'invalid_output' as const;
      await run({ inputPath: input, outputPath: output }, { statusOf });
      const mode = async (path: string) => (await stat(path)).mode & 0o777;
      const hidden = join(folder, '.out.csv.run-scoring');
      expect(await mode(output)).toBe(0o600);
      expect(await mode(hidden)).toBe(0o700);
      expect((await readdir(hidden)).sort()).toEqual(['a.journal.jsonl', 'run.json']);
      for (const name of await readdir(hidden)) expect(await mode(join(hidden, name))).toBe(0o600);
    }));

  it('take stdin and stdout, and leave nothing in the temporary folder', async () => {
    const ours = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('.run-scoring-'));
    const before = await ours();
    const stdout = new PassThrough();
    const parts: Buffer[] = [];
    stdout.on('data', (part) => parts.push(part));
    const stdin = Readable.from([Buffer.from('id,about_me\n1,"x'), Buffer.from('\ny"\n2,z\n')]);
    const summary = await run({ inputPath: '-', outputPath: '-', stdin, stdout });
    expect(summary).toMatchObject({ input: '-', output: '-', rows: 2, exitCode: 0, outputWritten: true });
    const rows = await readCells(Buffer.concat(parts));
    expect(rows.map((row) => row.slice(0, 2))).toEqual([
      ['id', 'about_me'],
      ['1', 'x\ny'],
      ['2', 'z'],
    ]);
    const broken = await failureOf(
      run({ inputPath: '-', outputPath: '-', stdin: Readable.from([Buffer.from('id\n1\n')]), stdout }),
    );
    expect([broken.code, broken.at.file]).toEqual(['INPUT_COLUMN_MISSING', 'stdin']);
    expect(await ours()).toEqual(before);
  });

  it('take a named pipe as input', () =>
    inFolder(async (folder) => {
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const writing = writeFile(pipe, sampleTable(5));
      const output = join(folder, 'out.csv');
      expect(await run({ inputPath: pipe, outputPath: output })).toMatchObject({ rows: 5, exitCode: 0 });
      await writing;
      expect((await readCells(await readFile(output))).length).toBe(6);
    }));

  it('do not mind a reader of stdout that goes away', async () => {
    const stdout = new PassThrough({ highWaterMark: 10 });
    stdout.on('data', () => stdout.destroy(Object.assign(new Error('gone'), { code: 'EPIPE' })));
    const stdin = Readable.from([
      Buffer.from(toCsv([['id', 'about_me'], ...Array.from({ length: 3000 }, (_, i) => [`${i}`, 'text'])])),
    ]);
    expect(await run({ inputPath: '-', outputPath: '-', stdin, stdout })).toMatchObject({
      rows: 3000,
      exitCode: 0,
    });
  });

  it('on a disk that is full leave the old output, say so, and go on when there is room', async (context) => {
    await inFolder(async (folder) => {
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
      } catch {
        // Only the superuser may mount; elsewhere the made-up disks of the other tests must do.
        context.skip();
      }
      try {
        const input = join(folder, 'in.csv');
        const output = join(folder, 'out.csv');
        await writeFile(input, sampleTable(60));
        await writeFile(output, 'of yesterday');
        await writeFile(join(folder, 'ballast'), Buffer.alloc(36 * 1024));
        const error = await failureOf(run({ inputPath: input, outputPath: output }));
        expect([error.code, error.exitCode]).toEqual(['OUTPUT_FAILED', 4]);
        expect(error.message).toContain('the disk is full (ENOSPC)');
        expect(await readFile(output, 'utf8')).toBe('of yesterday');
        execFileSync('mount', ['-o', 'remount,size=1m', folder]);
        await run({ inputPath: input, outputPath: output, resume: true });
        const resumed = await readFile(output);
        await run({ inputPath: input, outputPath: join(folder, 'calm.csv') });
        expect(resumed.equals(await readFile(join(folder, 'calm.csv')))).toBe(true);
      } finally {
        execFileSync('umount', [folder]);
      }
    });
  });
});
