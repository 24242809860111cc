import { readFile, writeFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Folder, newFolder, runHere } from './command-line.js';

let folder: Folder;
beforeAll(async () => {
  folder = await newFolder();
});
afterAll(() => folder.remove());

const HEADER = [
  'id',
  'about_me',
  'Human_flag',
  'about_me_processed_a',
  ...['a', 'b'].flatMap((name) =>
    ['flag', 'reasoning', 'tags', 'confidence', 'status'].map((field) => `ai_${name}_${field}`),
  ),
];
const said = (flag: string, confidence: string, status = 'ok') => [flag, 'Because.', '', confidence, status];
const ROWS = [
  ['1', 'sure, agreed', '', '{}', ...said('good', '1'), ...said('good', '1')],
  ['2', 'they differ', '', '{}', ...said('good', '1'), ...said('bad', '1')],
  ['3', 'half failed', '', '{}', ...said('good', '1'), ...said('', '', 'invalid_output')],
  ['4', 'a guess', '', '{}', ...said('good', '0.55'), ...said('good', '0.9')],
  [
    '5',
    'both failed, and "quoted"\nlines',
    '',
    '{}',
    ...said('', '', 'error_timeout'),
    ...said('', '', 'error_timeout'),
  ],
  ['6', 'they differ, labelled', 'bad', '{}', ...said('good', '1'), ...said('bad', '1')],
  ['7', '', '', '', ...said('', '', 'empty_input'), ...said('', '', 'empty_input')],
  // The same text twice.
  ['8', 'they differ and guess', '', '{}', ...said('good', '0.5'), ...said('bad', '0.9')],
  ['8', 'they differ and guess', '', '{}', ...said('good', '0.5'), ...said('bad', '0.9')],
];

const readRows = async (name: string) =>
  parse(await readFile(folder.path(name), 'utf8'), { columns: true }) as Record<string, string>[];
const writeRows = (name: string, rows: Record<string, string>[]) =>
  writeFile(folder.path(name), stringify(rows, { header: true }));
const review = (...options: string[]) =>
  runHere(['review', folder.path('results.csv'), '--output', folder.path('review.csv'), ...options]);
const evaluate = (...options: string[]) =>
  runHere(['evaluate', folder.path('results.csv'), '--labels', folder.path('review.csv'), ...options]);

describe('the review loop', () => {
  it('picks the rows most worth a look, with an empty label, all that is needed to judge, and a key', async () => {
    await folder.table('results.csv', [HEADER, ...ROWS]);
    const { code, stdout, stderr } = await review();
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('6 rows of 6 with a doubt');
    const rows = await readRows('review.csv');
    expect(rows.map((row) => [row['id'], row['review_score'], row['review_reasons']])).toEqual([
      ['8', '2.000', 'models differ, low confidence'],
      ['8', '2.000', 'models differ, low confidence'],
      ['2', '1.000', 'models differ'],
      ['5', '1.000', 'answer failed'],
      ['4', '0.900', 'low confidence'],
      ['3', '0.500', 'answer failed'],
    ]);
    expect(rows.every((row) => row['Human_flag'] === '')).toBe(true);
    expect(rows[3]!['about_me']).toBe(ROWS[4]![1]);
    expect(Object.keys(rows[0]!)).not.toContain('about_me_processed_a');
    expect(Object.keys(rows[0]!)).toContain('ai_b_reasoning');
    expect(new Set(rows.map((row) => row['row_key'])).size).toBe(rows.length);
    await review('--top', '2');
    expect((await readRows('review.csv')).map((row) => row['id'])).toEqual(['8', '8']);
  });

  it('joins the answers back by key, whatever the order of either file', async () => {
    await folder.table('results.csv', [HEADER, ...ROWS]);
    await review();
    const answered = (await readRows('review.csv')).map((row) => ({
      ...row,
      Human_flag: row['id'] === '3' ? '' : 'bad',
    }));
    await writeRows('review.csv', answered.toReversed());
    const turned = [...ROWS].reverse();
    for (const rows of [ROWS, turned]) {
      await folder.table('results.csv', [HEADER, ...rows]);
      const { code, stdout } = await evaluate('--json');
      expect(code).toBe(0);
      const found = JSON.parse(stdout);
      // Five answers of the file and one label that the table has.
      expect(found).toMatchObject({ joined: 5, labelled: 6, unlabelled: 2 + 1 });
      // b says bad on 2, 6, 8 and 8; good on 4; failed on 5.
      const b = found.raters[1].metrics.at(-1);
      expect([b.tp, b.fn, b.failed]).toEqual([4, 2, 1]);
    }
    const { stdout } = await evaluate();
    expect(stdout).toContain('5 labels joined');
    expect(stdout).toContain('no fair sample');
  });

  it('evaluates the answers alone when no table is named', async () => {
    await folder.table('results.csv', [HEADER, ...ROWS]);
    await review();
    await writeRows(
      'review.csv',
      (await readRows('review.csv')).map((row) => ({ ...row, Human_flag: 'bad' })),
    );
    const { code, stdout } = await runHere(['evaluate', '--labels', folder.path('review.csv'), '--json']);
    expect([code, JSON.parse(stdout).labelled]).toEqual([0, 6]);
  });

  it('joins tags where no label was given', async () => {
    await folder.table('scored.csv', [
      ['id', 'Human_flag', 'poor_grammar', 'ai_a_flag', 'ai_a_tags'],
      ['1', 'bad', '', 'bad', 'poor_grammar'],
      ['2', 'good', '', 'good', ''],
    ]);
    await folder.table('tags.csv', [
      ['id', 'Human_flag', 'poor_grammar'],
      ['1', '', '1'],
      ['2', '', '0'],
    ]);
    const path = folder.path('scored.csv');
    const found = await runHere([
      'evaluate',
      path,
      '--labels',
      folder.path('tags.csv'),
      '--key',
      'id',
      '--json',
    ]);
    const { raters, joined } = JSON.parse(found.stdout);
    expect([raters[0].metrics[0].tag, raters[0].metrics[0].support, joined]).toEqual(['poor_grammar', 1, 0]);
  });

  it('joins by a column of the user’s', async () => {
    const rows = ROWS.map((row, at) => [`k${at}`, ...row.slice(1)]);
    await folder.table('results.csv', [HEADER, ...rows]);
    await review('--key', 'id');
    const answered = await readRows('review.csv');
    expect(answered.every((row) => row['row_key'] === row['id'])).toBe(true);
    await writeRows(
      'review.csv',
      answered.map((row) => ({ ...row, Human_flag: 'bad' })),
    );
    const { stdout } = await evaluate('--key', 'id', '--json');
    expect(JSON.parse(stdout).joined).toBe(6);
  });

  it.each<[string, (rows: Record<string, string>[]) => Record<string, string>[], string]>([
    ['a key twice', (rows) => [rows[0]!, rows[0]!], 'INPUT_KEY_DUPLICATE'],
    ['a key of another table', (rows) => [{ ...rows[0]!, row_key: 'r000000000000' }], 'INPUT_KEY_UNKNOWN'],
    ['no key', (rows) => [{ ...rows[0]!, row_key: '' }], 'INPUT_KEY_EMPTY'],
    ['no key column', (rows) => rows.map(({ row_key: _, ...row }) => row), 'INPUT_COLUMN_MISSING'],
    ['an answer in another spelling', (rows) => [{ ...rows[0]!, Human_flag: 'BAD' }], '--map-labels BAD=bad'],
  ])('refuses %s', async (_what, change, words) => {
    await folder.table('results.csv', [HEADER, ...ROWS]);
    await review();
    await writeRows('review.csv', change(await readRows('review.csv')));
    const { code, stdout, stderr } = await evaluate();
    expect(stderr).toContain(words);
    expect(stderr).toContain('review.csv:');
    expect([code, stdout]).toEqual([3, '']);
  });

  it('never writes over the table', async () => {
    await folder.table('results.csv', [HEADER, ...ROWS]);
    const before = await readFile(folder.path('results.csv'), 'utf8');
    const { code, stderr } = await runHere([
      'review',
      folder.path('results.csv'),
      '--output',
      folder.path('results.csv'),
    ]);
    expect([code, stderr]).toEqual([4, expect.stringContaining('OUTPUT_IS_INPUT')]);
    expect(await readFile(folder.path('results.csv'), 'utf8')).toBe(before);
  });
});
