import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConfig, MultiModelBatchProcessor, RunScoringError, readRows } from '../../src/index.js';
import { type Folder, newFolder } from '../cli/command-line.js';

const processor = new MultiModelBatchProcessor(createConfig({ models: [{ name: 'a', model_id: 'o/a' }] }));
let folder: Folder;
beforeAll(async () => {
  folder = await newFolder();
});
afterAll(() => folder.remove());

describe('rows to a file and back', () => {
  const ROWS = [
    { id: 1, about_me: 'a, "b"\nc', phone: '+61 4', ai_a_flag: 'bad', ai_a_reasoning: '=1+1', mine: [1, 2] },
    { id: 2, about_me: null, phone: '-3', ai_a_flag: null, ai_a_reasoning: null, more: { x: 1 } },
  ];

  it('CSV: own columns first and as they are, the cells of models guarded', async () => {
    const path = folder.path('out.csv');
    await processor.writeRows(path, ROWS);
    expect(await readRows(path)).toEqual([
      {
        id: '1',
        about_me: 'a, "b"\nc',
        phone: '+61 4',
        mine: '1, 2',
        more: '',
        ai_a_flag: 'bad',
        ai_a_reasoning: "'=1+1",
      },
      { id: '2', about_me: '', phone: '-3', mine: '', more: '{"x":1}', ai_a_flag: '', ai_a_reasoning: '' },
    ]);
    expect((await readFile(path, 'utf8')).split('\n')[0]).toBe(
      'id,about_me,phone,mine,more,ai_a_flag,ai_a_reasoning',
    );
    expect((await readRows(path, { limit: 1 })).length).toBe(1);
  });

  it('JSON Lines keep types', async () => {
    const path = folder.path('out.jsonl');
    await processor.writeRows(path, ROWS);
    expect(await readRows(path)).toEqual([
      {
        id: 1,
        about_me: 'a, "b"\nc',
        phone: '+61 4',
        mine: [1, 2],
        more: null,
        ai_a_flag: 'bad',
        ai_a_reasoning: '=1+1',
      },
      {
        id: 2,
        about_me: null,
        phone: '-3',
        mine: null,
        more: { x: 1 },
        ai_a_flag: null,
        ai_a_reasoning: null,
      },
    ]);
  });

  it('JSON Lines keep all digits of a number, as text where a double would change it', async () => {
    const path = folder.path('digits.jsonl');
    await writeFile(
      path,
      '{"id":12345678901234567890,"price":1.10,"2":{"__proto__":1},"__proto__":null}\n{"b":true}',
    );
    const rows = await readRows(path);
    expect(rows.map((row) => Object.entries(row))).toEqual([
      [
        // An object of JavaScript has whole numbers first.
        ['2', JSON.parse('{"__proto__":1}')],
        ['id', '12345678901234567890'],
        ['price', 1.1],
        ['__proto__', null],
      ],
      [['b', true]],
    ]);
  });

  it.each(['out.xlsx', 'out.xlsx#People', 'out.parquet'])(
    '%s keeps numbers, texts and moments',
    async (name) => {
      const path = folder.path(name);
      const born = new Date('1990-02-03T04:05:06Z');
      const rows = [
        { id: 1, about_me: 'a, "b"\nc', born, ai_a_flag: 'bad', ai_a_confidence: 0.75 },
        { id: 2, about_me: null, born: null, ai_a_flag: null, ai_a_confidence: null },
      ];
      await processor.writeRows(path, rows);
      const [first, second] = await readRows(path);
      expect(Object.keys(first!)).toEqual(Object.keys(rows[0]!));
      expect(first).toMatchObject({ about_me: 'a, "b"\nc', ai_a_flag: 'bad', ai_a_confidence: 0.75 });
      expect(Number(first!['id'])).toBe(1);
      expect(first!['born']).toMatch(/^1990-02-03T04:05:06/);
      expect(second).toMatchObject({ born: null, ai_a_flag: null, ai_a_confidence: null });
    },
  );

  it('names such as __proto__ are names', async () => {
    await writeFile(folder.path('odd.csv'), '__proto__,constructor\na,b\n');
    const [row] = await readRows(folder.path('odd.csv'));
    expect(Object.entries(row!)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    await processor.writeRows(folder.path('again.csv'), [row!]);
    expect(await readFile(folder.path('again.csv'), 'utf8')).toBe('__proto__,constructor\na,b\n');
  });

  it('refuses what rows cannot hold, and formats that are not written', async () => {
    await writeFile(folder.path('twice.csv'), 'a,a\n1,2\n');
    const codeOf = (work: Promise<unknown>) =>
      work.catch((error: unknown) => (error instanceof RunScoringError ? error.code : error));
    expect(await codeOf(readRows(folder.path('twice.csv')))).toBe('INPUT_COLUMN_AMBIGUOUS');
    expect(await codeOf(readRows(folder.path('none.csv')))).toBe('INPUT_NOT_FOUND');
    expect(await codeOf(processor.writeRows(folder.path('out.ods'), ROWS))).toBe('OUTPUT_FORMAT');
  });
});
