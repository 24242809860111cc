import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Folder, newFolder, runHere, widest } from './command-line.js';
import { runScoring } from './run-dist.js';

const CANARY = 'canary7f3a';
let folder: Folder;
beforeAll(async () => {
  folder = await newFolder();
});
afterAll(() => folder.remove());

const HEADER = [
  'id',
  'about_me',
  'ai_a_flag',
  'ai_a_tags',
  'ai_a_confidence',
  'ai_a_status',
  'ai_b_flag',
  'ai_b_status',
];
const ROWS = [
  ['1', CANARY, 'good', '', '0.9', 'ok', 'good', 'ok'],
  ['2', CANARY, 'bad', 'poor_grammar', '0.8', 'ok', 'bad', 'ok'],
  ['3', CANARY, 'bad', 'poor_grammar, insufficient_content', '0.7', 'truncated_input', 'good', 'ok'],
  ['4', CANARY, 'good', '', '0.99', 'ok', 'bad', 'ok'],
  ['5', CANARY, 'good', '', '0.6', 'ok', '', 'invalid_output'],
  ['6', '', '', '', '', 'empty_input', '', 'empty_input'],
];

const compare = (path: string, ...options: string[]) => runHere(['compare', path, ...options]);
const compareJson = async (path: string, ...options: string[]) => {
  const { code, stdout, stderr } = await compare(path, '--json', ...options);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.trimEnd()).not.toContain('\n');
  return JSON.parse(stdout);
};

describe('run-scoring compare', () => {
  it('counts labels, missing rows and rows without a text, and gives each figure its interval', async () => {
    const path = await folder.table('plain.csv', [HEADER, ...ROWS]);
    const found = await compareJson(path);
    expect(found).toMatchObject({ rows: 6, complete: 4, incomplete: 1, unasked: 1, disputed: 2 });
    expect(found.raters).toMatchObject([
      { name: 'a', answered: 5, missing: 0, unasked: 1, labels: { good: 3, bad: 2 } },
      { name: 'b', answered: 4, missing: 1, unasked: 1, labels: { good: 2, bad: 2 }, tags: null },
    ]);
    expect(found.raters[0].tags).toMatchObject({
      poor_grammar: 2,
      insufficient_content: 1,
      sensitive_information: 0,
    });
    expect(found.raters[0].statuses).toEqual({ ok: 4, truncated_input: 1, empty_input: 1 });
    // Two of four equal; both say good and bad twice each: chance agrees on half.
    expect(found.pairs).toMatchObject([{ first: 'a', second: 'b', both: 4, missing: 1 }]);
    expect(found.agreement.value).toBe(0.5);
    expect(found.pairs[0].kappa.value).toBe(0);
    expect(found.pairs[0].kappa.low).toBeLessThan(0);
    // alpha = 1 - 7 * 4 / (2 * 4 * 4): eight paired labels, four of each.
    expect(found.alpha.value).toBeCloseTo(1 - (7 * 4) / 32, 10);
    // The surer quarrel first.
    expect(found.disputed_rows.map((row: { row: number }) => row.row)).toEqual([4, 3]);
    expect(found.disputed_rows[0]).toMatchObject({
      labels: { a: 'good', b: 'bad' },
      confidence: { a: 0.99, b: null },
    });
  });

  it('prints it within 80 columns, without a text of any row', async () => {
    const path = await folder.table('plain.csv', [HEADER, ...ROWS]);
    const { code, stdout } = await compare(path);
    expect(code).toBe(0);
    expect(widest(stdout)).toBeLessThanOrEqual(80);
    expect(stdout).toContain('6 rows: 4 labelled by every model, 1 with a label missing, 1 without text');
    expect(stdout).toMatch(/same label +50\.0% +\d/);
    expect(stdout).toMatch(/Cohen's kappa +0\.00/);
    expect(stdout).not.toContain(CANARY);
    expect(await compare(path)).toEqual(await compare(path, '--seed', '1'));
    expect((await compare(path)).stdout).not.toBe((await compare(path, '--seed', '2')).stdout);
  });

  it('pairs three models with long names, within 80 columns too', async () => {
    const names = ['a', 'b', 'c'].map((letter) => letter.repeat(40));
    const table = await folder.table('three.csv', [
      names.flatMap((name) => [`ai_${name}_flag`, `ai_${name}_tags`, `ai_${name}_confidence`]),
      ...Array.from({ length: 60 }, (_, at) =>
        [2, 3, 5].flatMap((by) => [
          at % by === 0 ? 'bad' : 'good',
          at % by === 0 ? 'poor_grammar' : '',
          '0.875',
        ]),
      ),
    ]);
    const { stdout } = await compare(table);
    expect(widest(stdout)).toBeLessThanOrEqual(80);
    expect(stdout.match(/aaa~ \/ ccc/g)?.length).toBe(1);
    expect(stdout).toContain('MASI');
    expect((await compareJson(table, '--models', names.slice(1).join(','))).pairs.length).toBe(1);
  });

  it('warns when one label is so frequent that raw agreement misleads', async () => {
    const path = await folder.table('rare.csv', [
      ['ai_a_flag', 'ai_b_flag'],
      ...Array.from({ length: 100 }, (_, at) =>
        at < 3 ? ['bad', 'good'] : at < 6 ? ['good', 'bad'] : ['good', 'good'],
      ),
    ]);
    const { stdout } = await compare(path);
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'warning: 97.0% of all labels are "good". Models that never look would agree on 94.2% of the rows',
    );
    expect(stdout).toMatch(/same label +94\.0%/);
    expect((await compareJson(path)).pairs[0].kappa.value).toBeLessThan(0);
    const balanced = await folder.table('plain.csv', [HEADER, ...ROWS]);
    expect((await compare(balanced)).stdout).not.toContain('of all labels are');
  });

  it('takes the ensemble for a rater: listed always, paired on demand, never in the figures over all', async () => {
    const path = await folder.table('voted.csv', [
      [...HEADER, 'ensemble_flag', 'ensemble_margin', 'ensemble_votes'],
      ...ROWS.map((row, at) => [
        ...row,
        ...[
          ['good', '1'],
          ['bad', '1'],
          ['abstain', '0'],
          ['abstain', '0'],
          ['good', '1'],
          ['', ''],
        ][at]!,
        '',
      ]),
    ]);
    const plain = await compareJson(path);
    expect(plain.raters[2]).toMatchObject({
      name: 'ensemble',
      kind: 'ensemble',
      answered: 3,
      abstained: 2,
      unasked: 1,
    });
    expect(plain.pairs.length).toBe(1);
    const paired = await compareJson(path, '--with-ensemble');
    expect(paired.pairs.map((pair: { second: string }) => pair.second)).toEqual([
      'b',
      'ensemble',
      'ensemble',
    ]);
    expect(paired.agreement).toEqual(plain.agreement);
    expect((await compare(path)).stdout).toContain('abstained');
  });

  it('warns of few rows', async () => {
    const rows = (count: number) =>
      Array.from({ length: count }, (_, at) => ['good', at % 3 === 0 ? 'bad' : 'good']);
    const few = await folder.table('few.csv', [['ai_a_flag', 'ai_b_flag'], ...rows(29)]);
    expect((await compare(few)).stdout).toContain('warning: 29 rows are few');
    const enough = await folder.table('enough.csv', [['ai_a_flag', 'ai_b_flag'], ...rows(30)]);
    expect((await compare(enough)).stdout).not.toContain('few');
  });

  it('says so when there is a single model, and survives a table without rows', async () => {
    const one = await folder.table('one.csv', [['ai_a_flag'], ['good']]);
    expect((await compare(one)).stdout).toContain('One model');
    const none = await folder.table('none.csv', [['ai_a_flag', 'ai_b_flag']]);
    const found = await compareJson(none);
    expect([found.agreement.value, found.fleiss_kappa.value, found.prevalence]).toEqual([null, null, null]);
    expect((await compare(none)).code).toBe(0);
  });

  it('runs as a process, and from stdin', async () => {
    const path = await folder.table('plain.csv', [HEADER, ...ROWS]);
    const { readFile } = await import('node:fs/promises');
    const piped = await runScoring(['compare', '-'], { stdin: await readFile(path, 'utf8') });
    expect(piped).toEqual(await runScoring(['compare', path]));
    expect([piped.code, piped.stderr]).toEqual([0, '']);
    expect(piped.stdout).toBe((await compare(path)).stdout);
  });
});

describe('bad tables', () => {
  const refused = async (rows: (string | number)[][], ...options: string[]) => {
    const path = await folder.table('bad.csv', rows);
    const { code, stdout, stderr } = await compare(path, ...options);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: .* \[[A-Z_]+\]\n$/);
    expect(stderr).not.toContain(CANARY);
    return { code, line: stderr.replaceAll(path, 'bad.csv') };
  };

  it.each([
    [
      [
        ['id', 'about_me'],
        ['1', CANARY],
      ],
      'no column of a model, such as ai_<model>_flag',
    ],
    [
      [
        ['about_me', 'about_me_processed_a'],
        [CANARY, '{}'],
      ],
      'score without --no-parse',
    ],
    [
      [
        ['ai_a_label', 'ai_a_status'],
        ['good', 'ok'],
      ],
      'output.fields',
    ],
  ])('without model columns: %j', async (rows, words) => {
    const { code, line } = await refused(rows);
    expect(line).toContain('[INPUT_NO_MODEL_COLUMNS]');
    expect(line).toContain(words);
    expect(code).toBe(3);
  });

  it('with an unknown label: named by place, its text never shown', async () => {
    const { line } = await refused([HEADER, ROWS[0]!, ['2', '', CANARY, '', '', 'ok', 'good', 'ok']]);
    expect(line).toContain(
      'bad.csv:3 row 2 column "ai_a_flag": The cell holds none of the labels "good", "bad".',
    );
    expect(line).toContain('[INPUT_LABEL_UNKNOWN]');
  });

  it('with an unknown tag', async () => {
    const { line } = await refused([
      HEADER,
      ['2', '', 'bad', `poor_grammar, ${CANARY}`, '', 'ok', 'good', 'ok'],
    ]);
    expect(line).toContain('column "ai_a_tags"');
    expect(line).toContain('[INPUT_LABEL_UNKNOWN]');
  });

  it('with other spellings: the mapping that is offered works', async () => {
    const rows = [
      ['ai_a_flag', 'ai_b_flag'],
      ['Good', 'yes'],
      ['BAD', 'nan'],
      ['good', 'no'],
      [' bad ', 'yes'],
    ];
    const { code, line } = await refused(rows);
    expect(code).toBe(3);
    expect(line).toContain(
      'bad.csv:2 row 1 column "ai_a_flag": Labels are spelled otherwise than "good", "bad".',
    );
    const offered = /--map-labels (\S+) \[INPUT_LABEL_SPELLING\]/.exec(line)![1]!;
    expect(offered.split(',').sort()).toEqual(['BAD=bad', 'Good=good', 'nan=', 'no=good', 'yes=bad']);
    const found = await compareJson(await folder.table('mapped.csv', rows), '--map-labels', offered);
    expect(found).toMatchObject({ complete: 3, incomplete: 1 });
    expect(found.agreement.value).toBeCloseTo(2 / 3, 10);
  });

  it('with other spellings everywhere: one offer for labels, tags and marks, where a word may mean two things', async () => {
    const rows = [
      ['Human_flag', 'poor_grammar', 'ai_a_flag', 'ai_a_tags'],
      ['True', 'True', 'BAD', 'Poor grammar'],
      ['False', 'False', 'good', ''],
      ['n/a', '', 'good', ''],
    ];
    const { line } = await refused(rows);
    const offered = /--map-labels '(.+)' \[INPUT_LABEL_SPELLING\]/.exec(line)![1]!;
    expect(offered.split(',').sort()).toEqual(
      ['BAD=bad', 'False=0', 'False=good', 'Poor grammar=poor_grammar', 'True=1', 'True=bad', 'n/a='].sort(),
    );
    const path = await folder.table('mapped.csv', rows);
    const { code, stdout } = await runHere(['evaluate', path, '--map-labels', offered, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).raters[0].metrics).toMatchObject([
      { tag: 'poor_grammar', tp: 1, tn: 1 },
      { tag: 'overall', tp: 1, tn: 1 },
    ]);
  });

  it('with keys that are not unique, or empty', async () => {
    const twice = await refused([HEADER, ROWS[0]!, ROWS[1]!, ROWS[0]!], '--key', 'id');
    expect(twice.line).toContain('bad.csv:4 row 3 column "id": Row 1 has the same key.');
    expect(twice.line).toContain('[INPUT_KEY_DUPLICATE]');
    const { line } = await refused([HEADER, ['', ...ROWS[0]!.slice(1)]], '--key', 'id');
    expect(line).toContain('[INPUT_KEY_EMPTY]');
    expect((await refused([HEADER, ROWS[0]!], '--key', 'ip')).line).toContain('Did you mean "id"?');
    expect((await compare(await folder.table('plain.csv', [HEADER, ...ROWS]), '--key', 'id')).code).toBe(0);
  });

  it('of runs with different configs', async () => {
    const rows = [
      ['ai_a_flag', 'ai_b_flag', 'config_hash'],
      ['good', 'good', '0123456789ab'],
      ['good', 'bad', 'ba9876543210'],
    ];
    const { code, line } = await refused(rows);
    expect(code).toBe(3);
    expect(line).toContain(
      'row 2 column "config_hash": The row comes from a run with another config than row 1.',
    );
    expect(line).toContain('[INPUT_MIXED_RUNS]');
    const path = await folder.table('mixed.csv', rows);
    expect((await compareJson(path, '--allow-mixed-runs')).rows).toBe(2);
  });

  it.each([
    [['--models', 'a,c'], 'It has a, b.'],
    [['--map-labels', 'x=purple'], '"purple" is no label'],
    [['--map-labels', 'x'], 'WORD=LABEL'],
    [['--level', '95'], 'from 0.5 to 0.999'],
    [['--seed', '-1'], 'whole number'],
    [['--top', 'all'], 'whole number'],
  ])('options %j', async (options, words) => {
    const { code, line } = await refused([HEADER, ...ROWS], ...options);
    expect(line).toContain(words);
    expect(code).toBe(2);
  });

  it('with a column twice, or a confidence that is none', async () => {
    expect(
      (
        await refused([
          ['ai_a_flag', 'ai_a_flag'],
          ['good', 'bad'],
        ])
      ).line,
    ).toContain('INPUT_COLUMN_AMBIGUOUS');
    expect((await refused([['ai_ensemble_flag', 'ensemble_flag']])).line).toContain('the name of the vote');
    const { line } = await refused([
      ['ai_a_flag', 'ai_a_confidence'],
      ['good', '0,9'],
    ]);
    expect(line).toContain('[INPUT_CONFIDENCE]');
  });
});
