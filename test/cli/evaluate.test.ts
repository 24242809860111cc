import { readFile, writeFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Folder, newFolder, runHere, widest } from './command-line.js';

const CANARY = 'canary7f3a';
let folder: Folder;
beforeAll(async () => {
  folder = await newFolder();
});
afterAll(() => folder.remove());

type Row = (string | number)[];
const HEADER = [
  'id',
  'about_me',
  'Human_flag',
  'poor_grammar',
  'ai_a_flag',
  'ai_a_tags',
  'ai_a_confidence',
  'ai_a_status',
];

/** 12 labelled rows: TP 3, FN 1 and 1 failed, FP 2 and 1 failed, TN 4; then one without a label, one without a text. */
function plainRows(): Row[] {
  let id = 0;
  const row = (human: string, said: string, confidence: string, status = 'ok'): Row => {
    const tag = said === 'bad' ? 'poor_grammar' : '';
    return [++id, CANARY, human, human === 'bad' ? 1 : 0, said, tag, confidence, status];
  };
  return [
    row('bad', 'bad', '0.95'),
    row('bad', 'bad', '0.85'),
    row('bad', 'bad', '0.75'),
    row('bad', 'good', '0.55'),
    row('bad', '', '', 'invalid_output'),
    row('good', 'bad', '0.65'),
    row('good', 'bad', '0.60'),
    row('good', '', '', 'error_timeout'),
    row('good', 'good', '0.9'),
    row('good', 'good', '0.8'),
    row('good', 'good', '0.7'),
    row('good', 'good', '0.6'),
    [++id, CANARY, '', '', 'good', '', '0.9', 'ok'],
    [++id, '', 'bad', '', '', '', '', 'empty_input'],
  ];
}

const evaluate = (path: string, ...options: string[]) => runHere(['evaluate', path, ...options]);
const evaluateJson = async (path: string, ...options: string[]) => {
  const { code, stdout } = await evaluate(path, '--json', ...options);
  expect(stdout.trimEnd()).not.toContain('\n');
  return { code, ...JSON.parse(stdout) };
};
const OVERALL = { tp: 3, fp: 3, fn: 2, tn: 4, support: 5, precision: 0.5, recall: 0.6, rows: 12, failed: 2 };

describe('run-scoring evaluate', () => {
  it('counts failed rows as wrong, and says what it left out', async () => {
    const path = await folder.table('labelled.csv', [HEADER, ...plainRows()]);
    const found = await evaluateJson(path);
    expect(found).toMatchObject({ code: 0, exit_code: 0, rows: 14, labelled: 12, unlabelled: 1, unasked: 1 });
    const [rater] = found.raters;
    expect(rater).toMatchObject({ name: 'a', rows: 12, failed: 2 });
    expect(rater.error_rate).toBeCloseTo(2 / 12, 10);
    expect(rater.metrics.map((row: { tag: string }) => row.tag)).toEqual(['poor_grammar', 'overall']);
    for (const row of rater.metrics) {
      expect(row).toMatchObject(OVERALL);
      expect(row.f1).toBeCloseTo(6 / 11, 10);
      expect(row.accuracy).toBeCloseTo(7 / 12, 10);
      for (const interval of Object.values(row.intervals) as { low: number; high: number }[]) {
        expect(interval.low).toBeLessThan(interval.high);
      }
    }
    // P(bad) of the ten scored rows, falling: B B B (0.95 0.85 0.75), g g (0.65 0.60), B (0.45), ... of five bad rows.
    expect(rater.average_precision.value).toBeCloseTo(3 / 5 + (1 / 5) * (4 / 6), 10);
    const at = (threshold: number) =>
      rater.sweep.find((point: { threshold: number }) => point.threshold === threshold);
    expect(at(0.7)).toMatchObject({ tp: 3, fp: 1, fn: 2, tn: 6 });
    expect(at(0.45)).toMatchObject({ tp: 4, fp: 3, fn: 1, tn: 4 });
    expect(rater.best.threshold).toBe(0.75);
  });

  it('writes the table of the users as model_metrics.csv beside the results, and prints it', async () => {
    const path = await folder.table('labelled.csv', [HEADER, ...plainRows()]);
    const { code, stdout, stderr } = await evaluate(path, '--sweep');
    expect([code, stderr]).toEqual([0, '']);
    expect(widest(stdout.replace(/Written: .*/, ''))).toBeLessThanOrEqual(80);
    expect(stdout).not.toContain(CANARY);
    expect(stdout).toMatch(/overall +0\.50 +0\.60 +0\.55 +5 +3 +3 +2 +4 +0\.58/);
    expect(stdout).toContain('2 of 12 rows failed (16.7%), counted as wrong');
    expect(stdout).toContain('warning: 12 rows are few');
    expect(stdout).not.toContain('An interval without width');
    const perfect = await folder.table('perfect.csv', [
      ['Human_flag', 'ai_a_flag'],
      ...Array.from({ length: 40 }, (_, at) => (at % 2 ? ['good', 'good'] : ['bad', 'bad'])),
    ]);
    const flat = (await evaluate(perfect)).stdout;
    expect(flat).toContain('An interval without width');
    expect(flat).not.toContain('are few');
    await evaluate(path);
    expect(stdout).toMatch(/0\.70 +0\.75 +0\.60/);
    const [header, ...rows] = parse(await readFile(folder.path('model_metrics.csv'), 'utf8')) as string[][];
    expect(header!.slice(0, 11).join()).toBe('model,tag,precision,recall,f1,support,TP,FP,FN,TN,accuracy');
    expect(rows.map((row) => row.slice(0, 13).join())).toEqual([
      'a,poor_grammar,0.5,0.6,0.545455,5,3,3,2,4,0.583333,12,2',
      'a,overall,0.5,0.6,0.545455,5,3,3,2,4,0.583333,12,2',
    ]);
  });

  it.each([
    [['--min-f1', '0.5', '--min-recall', '0.6', '--max-error-rate', '0.2', '--min-kappa', '0'], 0, 4, 0],
    [['--min-f1', '0.55'], 7, 0, 1],
    [['--min-recall', '0.61'], 7, 0, 1],
    [['--min-kappa', '0.5'], 7, 0, 1],
    [['--max-error-rate', '0.1'], 7, 0, 1],
    [['--min-f1', '0.5', '--min-recall', '0.9', '--json'], 7, 1, 1],
  ])('gates %j end in %d', async (options, exitCode, passed, missed) => {
    const path = await folder.table('gated.csv', [HEADER, ...plainRows()]);
    const { code, stderr } = await evaluate(path, ...options);
    expect(code).toBe(exitCode);
    expect(stderr.match(/^gate passed: /gm)?.length ?? 0).toBe(passed);
    expect(stderr.match(/^gate missed: /gm)?.length ?? 0).toBe(missed);
  });

  it('a gate on a figure that is not defined is missed', async () => {
    const path = await folder.table('nothing.csv', [
      ['Human_flag', 'ai_a_flag'],
      ['good', 'good'],
    ]);
    const { code, stderr } = await evaluate(path, '--min-recall', '0.1');
    expect([code, stderr]).toEqual([7, 'gate missed: recall of a is not defined, wanted at least 0.1\n']);
  });

  it('tests pairs of models, and evaluates the vote', async () => {
    const rows = Array.from({ length: 40 }, (_, at) => {
      const truth = at % 2 === 0 ? 'bad' : 'good';
      const wrong = truth === 'bad' ? 'good' : 'bad';
      return [truth, at < 10 ? wrong : truth, at >= 38 ? wrong : truth, at % 8 === 0 ? wrong : truth];
    });
    const header = ['Human_flag', 'ai_a_flag', 'ai_b_flag', 'ai_c_flag'];
    const path = await folder.table('three.csv', [header, ...rows]);
    const found = await evaluateJson(path);
    const [ab] = found.tests;
    // a alone wrong on rows 0-9, b alone on 38 and 39; exact p = 2 P(X <= 2), X of 12 halves.
    expect(ab).toMatchObject({ first: 'a', second: 'b', rows: 40, only_first: 2, only_second: 10 });
    expect(ab.exact_p).toBeCloseTo((2 * (1 + 12 + 66)) / 4096, 10);
    expect(found.raters.map((rater: { name: string }) => rater.name)).toEqual(['a', 'b', 'c', 'ensemble']);
    // The majority is wrong where a and c are both wrong: rows 0 and 8.
    expect(found.raters[3].metrics[0]).toMatchObject({ tp: 18, fn: 2, tn: 20, fp: 0, failed: 0 });
    const { stdout } = await evaluate(path);
    expect(widest(stdout.replace(/Written: .*/, ''))).toBeLessThanOrEqual(80);
    expect(stdout).toContain("McNemar's test");
    const only = await evaluateJson(path, '--models', 'b,ensemble', '--min-f1', '0.9');
    expect(only.raters.map((rater: { name: string }) => rater.name)).toEqual(['b', 'ensemble']);
    expect(only.gates.length).toBe(2);
    const alone = await evaluateJson(path, '--ensemble', 'majority', '--models', 'ensemble');
    expect(alone).toMatchObject({ labelled: 40, unasked: 0 });
    for (const method of ['weighted', 'dawid-skene']) {
      const voted = await evaluateJson(path, '--ensemble', method, '--models', 'ensemble');
      expect(voted.raters[0].metrics[0].accuracy).toBeGreaterThanOrEqual(0.9);
    }
  });

  it('counts an open tie of the ensemble as wrong, and a tie rule closes it', async () => {
    const path = await folder.table('tied.csv', [
      ['Human_flag', 'ai_a_flag', 'ai_b_flag', 'ai_b_confidence', 'ai_a_confidence'],
      ['bad', 'bad', 'good', '0.6', '0.9'],
      ['good', 'bad', 'good', '0.6', '0.9'],
      ['good', 'good', 'good', '0.6', '0.9'],
    ]);
    const counts = async (...options: string[]) => {
      const found = await evaluateJson(path, '--ensemble', 'majority', '--models', 'ensemble', ...options);
      const { tp, fp, fn, tn, failed } = found.raters[0].metrics[0];
      return [tp, fp, fn, tn, failed];
    };
    expect(await counts()).toEqual([0, 1, 1, 1, 2]);
    expect(await counts('--ties', 'positive')).toEqual([1, 1, 0, 1, 0]);
    expect(await counts('--ties', 'confident')).toEqual([1, 1, 0, 1, 0]);
    const config = folder.path('positive.yaml');
    await writeFile(config, 'models: [{name: a, model_id: ./a}]\nensemble: {ties: positive}\n');
    expect(await counts('--config', config)).toEqual([1, 1, 0, 1, 0]);
    const voted = folder.path('tied-voted.csv');
    expect((await runHere(['ensemble', path, '--output', voted, '--config', config])).code).toBe(0);
    const own = await evaluateJson(voted, '--models', 'ensemble');
    expect(own.raters[0].metrics[0]).toMatchObject({ tp: 1, fp: 1, fn: 0, tn: 1, failed: 0 });
    expect(await evaluate(voted, '--ties', 'abstain')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the table has a vote already'),
    });
  });
});

describe('bad input', () => {
  it.each<[string, Row[], string[], number, string]>([
    ['no label column', [['ai_a_flag'], ['good']], [], 3, 'INPUT_COLUMN_MISSING'],
    [
      'a label column of a similar name',
      [
        ['human_flag', 'ai_a_flag'],
        ['bad', 'good'],
      ],
      [],
      3,
      'Did you mean "human_flag"?',
    ],
    [
      'no label at all',
      [
        ['Human_flag', 'ai_a_flag'],
        ['', 'good'],
      ],
      [],
      3,
      'INPUT_NO_LABELS',
    ],
    [
      'labels spelled otherwise',
      [
        ['Human_flag', 'ai_a_flag'],
        ['Bad', 'bad'],
      ],
      [],
      3,
      '--map-labels Bad=bad',
    ],
    [
      'tags spelled otherwise',
      [
        ['Human_flag', 'poor_grammar', 'ai_a_flag'],
        ['bad', '1.0', 'bad'],
      ],
      [],
      3,
      '--map-labels 1.0=1',
    ],
    [
      'an unknown label',
      [
        ['Human_flag', 'ai_a_flag'],
        [CANARY, 'bad'],
      ],
      [],
      3,
      'row 1 column "Human_flag"',
    ],
    [
      'a gate that is no share',
      [
        ['Human_flag', 'ai_a_flag'],
        ['bad', 'bad'],
      ],
      ['--min-f1', '80'],
      2,
      '--min-f1',
    ],
    [
      'no such model',
      [
        ['Human_flag', 'ai_a_flag'],
        ['bad', 'bad'],
      ],
      ['--models', 'b'],
      2,
      'There are a.',
    ],
    [
      'the input as output',
      [
        ['Human_flag', 'ai_a_flag'],
        ['bad', 'bad'],
      ],
      ['--output', 'SELF'],
      4,
      'OUTPUT_IS_INPUT',
    ],
    [
      'a config for other labels',
      [
        ['Human_flag', 'ai_a_flag'],
        ['bad', 'bad'],
      ],
      ['--config', 'none.yaml'],
      2,
      'CONFIG_MISSING',
    ],
  ])('%s', async (_what, rows, options, exitCode, words) => {
    const path = await folder.table('bad.csv', rows);
    const before = await readFile(path, 'utf8');
    const { code, stdout, stderr } = await evaluate(
      path,
      ...options.map((option) => (option === 'SELF' ? path : option)),
    );
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/^error: .* \[[A-Z_]+\]\n$/);
    expect(stderr).not.toContain(CANARY);
    expect([code, stdout]).toEqual([exitCode, '']);
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  it('names the file of --labels when it has none', async () => {
    const path = await folder.table('scored.csv', [
      ['about_me', 'ai_a_flag'],
      ['x', 'bad'],
    ]);
    const labels = await folder.table('unfilled.csv', [
      ['about_me', 'Human_flag'],
      ['x', ''],
    ]);
    const { code, stderr } = await evaluate(path, '--labels', labels, '--key', 'about_me');
    expect([code, stderr]).toEqual([3, expect.stringMatching(/unfilled\.csv .*INPUT_NO_LABELS/)]);
  });

  it.each(['m.xlsx', 'm.parquet', '-'])('metrics into %s', async (name) => {
    const path = await folder.table('labelled.csv', [HEADER, ...plainRows()]);
    const output = name === '-' ? name : folder.path(name);
    expect(await evaluate(path, '--output', output)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('OUTPUT_FORMAT'),
    });
  });

  it('without any table', async () => {
    expect(await runHere(['evaluate'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('USAGE_MISSING'),
    });
  });
});
