import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/table/file-system.js';
import { failureOf } from '../table/csv-text.js';
import { MemoryFileSystem } from '../table/memory-file-system.js';
import { fixturePath, readTable } from '../table/table-files.js';
import { partsOf, textRow, zipOf } from '../table/xlsx/make-workbook.js';
import { freshFiles, INPUT, runOn, stopAt } from './processor-runs.js';
import { type Script, scriptedRecord } from './scripted-model.js';

const FILES = {
  'in.xlsx': 'openpyxl.xlsx',
  'in.parquet': 'people-snappy.parquet',
} as const;

function typedFiles(): MemoryFileSystem {
  const fileSystem = new MemoryFileSystem();
  for (const [name, fixture] of Object.entries(FILES)) {
    fileSystem.put(`/folder/${name}`, readFileSync(fixturePath(fixture)));
  }
  return fileSystem;
}

const RUNS = [
  { inputPath: '/folder/in.xlsx#People', outputPath: '/folder/out.xlsx' },
  { inputPath: '/folder/in.xlsx#People', outputPath: '/folder/out.parquet' },
  { inputPath: '/folder/in.parquet', outputPath: '/folder/out.parquet' },
  { inputPath: '/folder/in.parquet', outputPath: '/folder/out.xlsx#Scored' },
];
const plain = (path: string) => path.replace(/#.*$/, '');

describe('a run over workbooks and Parquet', () => {
  for (const paths of RUNS) {
    const title = `${paths.inputPath.slice(8)} to ${paths.outputPath.slice(8)}`;
    it(`${title}: keeps the input's values and adds the models' columns`, async () => {
      const fileSystem = typedFiles();
      const before = await readTable(paths.inputPath, {}, fileSystem);
      const summary = await runOn(fileSystem, paths).result;
      expect(summary).toMatchObject({ rows: before.rows.length, exitCode: 0 });
      const after = await readTable(paths.outputPath, {}, fileSystem);
      const width = before.table.header.length;
      expect(after.table.header.slice(0, width)).toEqual(before.table.header);
      // Whole numbers too long for a sheet are texts there; pay, which has a text among its numbers, is text in Parquet.
      expect(after.rows.map((row) => row.cells.slice(0, width))).toEqual(before.rows.map((row) => row.cells));
      const isSame = plain(paths.inputPath).split('.')[1] === plain(paths.outputPath).split('.')[1];
      if (isSame) {
        expect(after.rows.map((row) => row.values!.slice(0, width))).toEqual(
          before.rows.map((row) => row.values),
        );
      }
      const csv = typedFiles();
      await runOn(csv, { ...paths, outputPath: '/folder/out.csv', formulaGuard: 'none' }).result;
      const wanted: string[][] = parse(csv.text('/folder/out.csv')!);
      expect([after.table.header, ...after.rows.map((row) => row.cells)]).toEqual(wanted);
      const confidence = after.table.header.indexOf('ai_a_confidence');
      const values = after.rows.map((row) => row.values![confidence]);
      expect(values.filter((value) => value !== null).every((value) => typeof value === 'number')).toBe(true);
    });

    it(`${title}: resumed anywhere, the bytes of an undisturbed run`, async () => {
      const calm = typedFiles();
      await runOn(calm, paths).result;
      const wanted = calm.get(plain(paths.outputPath))!;
      for (const model of ['a', 'b']) {
        for (const row of [1, 2, 3]) {
          const fileSystem = typedFiles();
          await stopAt(fileSystem, model, row, paths);
          expect(fileSystem.get(plain(paths.outputPath))).toBeUndefined();
          await runOn(fileSystem, { ...paths, resume: true }).result;
          expect(fileSystem.get(plain(paths.outputPath))!.equals(wanted)).toBe(true);
          const again = await runOn(fileSystem, { ...paths, resume: true }).result;
          expect(again.alreadyDone).toBe(true);
        }
      }
    });
  }

  it('reads as many rows as the limit says', async () => {
    const fileSystem = typedFiles();
    for (const inputPath of ['/folder/in.xlsx#People', '/folder/in.parquet']) {
      const outputPath = inputPath.includes('xlsx') ? '/folder/out.xlsx' : '/folder/out.parquet';
      expect(await runOn(fileSystem, { inputPath, outputPath, limit: 2 }).result).toMatchObject({ rows: 2 });
      expect((await readTable(outputPath, {}, fileSystem)).rows).toHaveLength(2);
    }
  });

  it('does not resume over another sheet of the same workbook', async () => {
    const fileSystem = new MemoryFileSystem();
    const sheet = (name: string) => ({
      name,
      rows: textRow('about_me') + textRow(`${name} 1`) + textRow(`${name} 2`),
    });
    fileSystem.put('/folder/in.xlsx', await zipOf(partsOf([sheet('One'), sheet('Two')])));
    const outputPath = '/folder/out.csv';
    await stopAt(fileSystem, 'a', 1, { inputPath: '/folder/in.xlsx#One', outputPath });
    const other = runOn(fileSystem, { inputPath: '/folder/in.xlsx#Two', outputPath, resume: true });
    expect((await failureOf(other.result)).code).toBe('USAGE_RESUME_CHANGED');
    await runOn(fileSystem, { inputPath: '/folder/in.xlsx', outputPath, resume: true }).result;
    expect(fileSystem.text(outputPath)).toContain('One 2');
  });

  it('keeps damaged rows when asked to, as failed ones', async () => {
    const fileSystem = new MemoryFileSystem();
    const rows = textRow('id', 'about_me') + textRow('1', 'fine') + textRow('2', 'bad', 'stray');
    fileSystem.put('/folder/in.xlsx', await zipOf(partsOf([{ name: 'S', rows }])));
    const paths = { inputPath: '/folder/in.xlsx', outputPath: '/folder/out.xlsx' };
    const refused = runOn(fileSystem, paths);
    expect(await failureOf(refused.result)).toMatchObject({
      code: 'INPUT_ROW_CELLS',
      at: { line: 3, row: 2 },
    });
    expect(refused.events).toEqual([]);
    const summary = await runOn(fileSystem, { ...paths, onBadRow: 'keep' }).result;
    expect(summary).toMatchObject({ rows: 2, badRows: 1, exitCode: 6 });
    const { table, rows: read } = await readTable('/folder/out.xlsx', {}, fileSystem);
    const status = table.header.indexOf('ai_a_status');
    expect(read.map((row) => [row.cells[1], row.cells[status]])).toEqual([
      ['fine', 'ok'],
      ['bad,stray', 'error_bad_row'],
    ]);
  });
});

describe('what an output cannot hold', () => {
  it('of an answer ends the run; what was scored can still be written as CSV, as the handbook says', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'typed-'));
    try {
      const inputPath = join(folder, 'in.csv');
      await writeFile(inputPath, 'about_me\nshort\nlong\n');
      const script: Script = {
        answer: async function* (rows) {
          for await (const row of rows) {
            const record = scriptedRecord('a', row);
            yield row.text === 'long' ? { ...record, raw: 'x'.repeat(40_000) } : record;
          }
        },
      };
      const run = (outputPath: string, resume: boolean) =>
        runOn(
          nodeFileSystem,
          { inputPath, outputPath: join(folder, outputPath), resume },
          { names: ['a'], script },
        );
      const error = await failureOf(run('out.xlsx', false).result);
      expect(error).toMatchObject({
        code: 'OUTPUT_CELL_TOO_LONG',
        at: { row: 2, field: 'about_me_processed_a' },
      });
      expect((await readdir(folder)).sort()).toEqual(['.out.xlsx.run-scoring', 'in.csv']);
      await rename(join(folder, '.out.xlsx.run-scoring'), join(folder, '.out.csv.run-scoring'));
      const resumed = run('out.csv', true);
      expect((await resumed.result).models[0]).toMatchObject({ scoredNow: 0, reused: 2 });
      expect(resumed.events).toEqual([]);
      expect(await readFile(join(folder, 'out.csv'), 'utf8')).toContain('x'.repeat(40_000));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is refused before any model is loaded', async () => {
    const fileSystem = typedFiles();
    fileSystem.put('/folder/long.csv', `id,about_me\n1,a\n2,${'x'.repeat(40_000)}\n`);
    const cases = [
      [{ inputPath: '/folder/in.xlsx', outputPath: '/folder/out.xlsx' }, 'OUTPUT_SHEETS', {}],
      [{ inputPath: '/folder/in.parquet', outputPath: '/folder/out.xlsx#a:b' }, 'OUTPUT_SHEET_NAME', {}],
      [
        { inputPath: '/folder/in.parquet', outputPath: `/folder/out.xlsx#${'x'.repeat(32)}` },
        'OUTPUT_SHEET_NAME',
        {},
      ],
      [
        { inputPath: '/folder/long.csv', outputPath: '/folder/out.xlsx' },
        'OUTPUT_CELL_TOO_LONG',
        { row: 2, field: 'about_me' },
      ],
      [{ inputPath: '/folder/in.xlsx#Nobody', outputPath: '/folder/out.csv' }, 'INPUT_SHEET_MISSING', {}],
      [{ inputPath: '/folder/in.parquet', outputPath: '/folder/in.parquet' }, 'OUTPUT_IS_INPUT', {}],
      [{ inputPath: '/folder/in.xlsx#People', outputPath: '/folder/in.xlsx#New' }, 'OUTPUT_IS_INPUT', {}],
    ] as const;
    for (const [paths, code, at] of cases) {
      const run = runOn(fileSystem, paths);
      const error = await failureOf(run.result);
      expect([paths.outputPath, error.code]).toEqual([paths.outputPath, code]);
      expect(error.at).toMatchObject(at);
      expect(run.events).toEqual([]);
    }
    fileSystem.put(INPUT, `about_me,${'x,'.repeat(16_380)}y\n`);
    const wide = runOn(fileSystem, { outputPath: '/folder/out.xlsx' });
    expect((await failureOf(wide.result)).code).toBe('OUTPUT_TOO_LARGE');
  });

  it('does not matter to CSV: a workbook of several sheets is read by its first', async () => {
    const fileSystem = typedFiles();
    await runOn(fileSystem, { inputPath: '/folder/in.xlsx', outputPath: '/folder/out.csv' }).result;
    expect(fileSystem.text('/folder/out.csv')).toContain('Cook, ten years.');
  });
});

describe('a run over CSV', () => {
  it('into a workbook and into Parquet has the same texts, all of them texts', async () => {
    const csv = freshFiles();
    await runOn(csv, { formulaGuard: 'none' }).result;
    const [header, ...wanted]: string[][] = parse(csv.text('/folder/out.csv')!);
    for (const outputPath of ['/folder/out.xlsx', '/folder/out.parquet']) {
      const fileSystem = freshFiles();
      const summary = await runOn(fileSystem, { outputPath }).result;
      expect(summary.riskyCells).toEqual({ input: 0, output: 0 });
      const { table, rows } = await readTable(outputPath, {}, fileSystem);
      expect(table.header).toEqual(header);
      expect(rows.map((row) => row.cells)).toEqual(wanted);
      expect(rows.every((row) => typeof row.values![0] === 'string')).toBe(true);
    }
  });
});
