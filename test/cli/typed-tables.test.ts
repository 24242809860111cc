import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/table/file-system.js';
import { openTable } from '../../src/table/open-table.js';
import { createTableWriter } from '../../src/table/table-writer.js';
import { readTable } from '../table/table-files.js';
import { type Folder, newFolder, runHere } from './command-line.js';

let folder: Folder;
beforeAll(async () => {
  folder = await newFolder();
  await folder.table('results.csv', [HEADER, ...ROWS]);
  for (const ending of ['jsonl', 'xlsx', 'parquet']) await convert('results.csv', `results.${ending}`);
});
afterAll(() => folder.remove());

const HEADER = [
  'id',
  'about_me',
  'Human_flag',
  ...['a', 'b'].flatMap((name) =>
    ['flag', 'reasoning', 'tags', 'confidence', 'status'].map((field) => `ai_${name}_${field}`),
  ),
];
const said = (flag: string, confidence: string, status = 'ok') => [flag, 'Because.', '', confidence, status];
const ROWS = [
  ['1', 'sure, agreed', 'good', ...said('good', '1'), ...said('good', '1')],
  ['2', 'they differ\n"quoted"', '', ...said('good', '0.9'), ...said('bad', '0.8')],
  ['3', 'half failed', 'bad', ...said('bad', '1'), ...said('', '', 'invalid_output')],
  ['4', 'a guess', '', ...said('good', '0.55'), ...said('good', '0.9')],
  ['5', '', '', ...said('', '', 'empty_input'), ...said('', '', 'empty_input')],
];
const FORMATS = ['csv', 'jsonl', 'xlsx', 'xlsx#Sheet1', 'parquet'];

/** Through the writer of the other format. */
async function convert(from: string, to: string): Promise<void> {
  const table = await openTable(nodeFileSystem, folder.path(from));
  const chunks: Buffer[] = [];
  const writer = await createTableWriter(folder.path(to), table, {
    guard: 'none',
    firstOutput: 3,
    numbers: new Set(['ai_a_confidence', 'ai_b_confidence']),
    write: async (bytes) => void chunks.push(Buffer.from(bytes)),
  });
  await writer.writeHeader(table.header);
  for await (const row of table.rows()) await writer.writeRow({ cells: row.cells, from: row });
  await writer.end();
  await table.close();
  await writeFile(folder.path(to), Buffer.concat(chunks));
}

/** What a command prints about a table, whose name may stand in it. */
async function printed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(args);
  expect([code, stderr.replace(/^Written.*\n/gm, '')]).toEqual([0, expect.any(String)]);
  return stdout.replace(/results\.\S+/g, 'results');
}

describe('commands on tables of any format', () => {
  it('compare says the same', async () => {
    const wanted = await printed('compare', folder.path('results.csv'));
    for (const format of FORMATS) {
      expect(await printed('compare', folder.path(`results.${format}`))).toBe(wanted);
    }
  });

  it('evaluate says the same, and writes the same metrics', async () => {
    const metrics = folder.path('model_metrics.csv');
    const wanted = await printed('evaluate', folder.path('results.csv'));
    const written = await readFile(metrics, 'utf8');
    for (const format of FORMATS) {
      expect(await printed('evaluate', folder.path(`results.${format}`))).toBe(wanted);
      expect(await readFile(metrics, 'utf8')).toBe(written);
    }
  });

  it('ensemble adds the vote and leaves the rest, from each format into each', async () => {
    const vote = async (from: string, to: string) => {
      const output = folder.path(`voted-${from.length}.${to}`);
      const { code } = await runHere(['ensemble', folder.path(`results.${from}`), '--output', output]);
      expect(code).toBe(0);
      return readTable(output);
    };
    const { table, rows } = await vote('csv', 'csv');
    for (const from of FORMATS) {
      for (const to of ['csv', 'jsonl', 'xlsx#Votes', 'parquet']) {
        const got = await vote(from, to);
        expect(got.table.header).toEqual(table.header);
        expect(got.rows.map((row) => row.cells)).toEqual(rows.map((row) => row.cells));
      }
    }
    const { rows: typed, table: parquet } = await vote('parquet', 'parquet');
    const kinds = (name: string) => typeof typed[0]!.values![parquet.header.indexOf(name)];
    expect([kinds('ai_a_confidence'), kinds('ensemble_margin'), kinds('ensemble_flag')]).toEqual([
      'number',
      'number',
      'string',
    ]);
    // The second time the columns are there already.
    await runHere([
      'ensemble',
      folder.path('voted-7.parquet'),
      '--output',
      folder.path('again.parquet'),
      '--ties',
      'positive',
    ]);
    const again = await readTable(folder.path('again.parquet'));
    expect(again.table.header).toEqual(parquet.header);
    expect(again.rows[1]!.cells[again.table.header.indexOf('ensemble_flag')]).toBe('bad');
  });

  it('review and the answers to it go through any format', async () => {
    for (const format of ['jsonl', 'xlsx', 'parquet']) {
      const review = folder.path(`review.${format}`);
      expect((await runHere(['review', folder.path(`results.${format}`), '--output', review])).code).toBe(0);
      const { table, rows } = await readTable(review);
      expect(table.header.slice(0, 3)).toEqual(['id', 'about_me', 'Human_flag']);
      expect(rows.map((row) => row.cells.slice(0, 3))).toEqual([
        ['2', 'they differ\n"quoted"', ''],
        ['4', 'a guess', ''],
      ]);
      if (format !== 'jsonl') {
        expect(typeof rows[0]!.values![table.header.indexOf('ai_a_confidence')]).toBe('number');
        expect(typeof rows[0]!.values![table.header.indexOf('review_score')]).toBe('number');
      }
      // A person fills the labels in, with whatever program.
      const answers = [
        table.header,
        ...rows.map((row) => row.cells.map((cell, at) => (at === 2 ? 'bad' : cell))),
      ];
      await folder.table('answers.csv', answers);
      await convert('answers.csv', `answers.${format}`);
      const labels = folder.path(`answers.${format}`);
      const { code, stdout } = await runHere([
        'evaluate',
        folder.path(`results.${format}`),
        '--labels',
        labels,
      ]);
      expect(code).toBe(0);
      expect(stdout).toContain('4 evaluated');
    }
  });

  it('ensemble and review guard what models wrote on its way into CSV, once, and nothing of the input', async () => {
    const row = {
      about_me: 'x',
      phone: '=mine',
      about_me_processed_a: '@raw',
      ai_a_flag: 'good',
      ai_a_reasoning: '=HYPERLINK("http://evil")',
      ai_a_confidence: 0.6,
      ai_b_flag: 'bad',
      ai_b_reasoning: '-1',
    };
    await writeFile(folder.path('guarded-0.jsonl'), `${JSON.stringify(row)}\n`);
    for (const [command, from, to] of [
      ['ensemble', 'guarded-0.jsonl', 'guarded-1.csv'],
      ['ensemble', 'guarded-1.csv', 'guarded-2.csv'],
      ['review', 'guarded-0.jsonl', 'guarded-3.csv'],
      ['review', 'guarded-2.csv', 'guarded-4.csv'],
    ] as const) {
      const { code } = await runHere([command, folder.path(from), '--output', folder.path(to)]);
      expect(code).toBe(0);
      const { table, rows } = await readTable(folder.path(to));
      const cell = (name: string) => rows[0]!.cells[table.header.indexOf(name)];
      expect([cell('phone'), cell('ai_a_reasoning'), cell('ai_b_reasoning')]).toEqual([
        '=mine',
        `'${row.ai_a_reasoning}`,
        '-1',
      ]);
      if (command === 'ensemble') expect(cell('about_me_processed_a')).toBe("'@raw");
    }
  });

  it('tell of a missing sheet and of options that mean nothing, in one line', async () => {
    const missing = await runHere(['compare', folder.path('results.xlsx#Nope')]);
    expect([missing.code, missing.stderr]).toEqual([3, expect.stringContaining('[INPUT_SHEET_MISSING]')]);
    const delimiter = await runHere(['compare', folder.path('results.parquet'), '--delimiter', ';']);
    expect([delimiter.code, delimiter.stderr]).toEqual([2, expect.stringContaining('[USAGE_DELIMITER]')]);
  });
});
