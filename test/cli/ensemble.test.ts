import { readFile, writeFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Folder, newFolder, runHere } from './command-line.js';
import { runScripted } from './run-dist.js';

let folder: Folder;
beforeEach(async () => {
  folder = await newFolder();
});
afterEach(() => folder.remove());

const readTable = async (name: string) => parse(await readFile(folder.path(name), 'utf8')) as string[][];
const votesOf = async (name: string) => {
  const [header, ...rows] = await readTable(name);
  expect(header!.slice(-3)).toEqual(['ensemble_flag', 'ensemble_margin', 'ensemble_votes']);
  return rows.map((row) => row.slice(-3));
};
const vote = (name: string, ...options: string[]) =>
  runHere(['ensemble', folder.path(name), '--output', folder.path('voted.csv'), ...options]);

describe('run-scoring ensemble', () => {
  const HEADER = [
    'text',
    'about_me',
    ...['a', 'b', 'c'].flatMap((name) => [`ai_${name}_flag`, `ai_${name}_confidence`]),
  ];
  const ROWS = [
    ['"quoted",\nlines', 'x', 'good', '0.9', 'good', '0.8', 'bad', '0.7'],
    ['', 'x', 'good', '0.6', 'bad', '0.9', '', ''],
    ['', 'x', 'bad', '0.6', '', '', '', ''],
    ['', 'x', '', '', '', '', '', ''],
    ['', '', '', '', '', '', '', ''],
  ];

  it('votes over JSON Lines too, again and again', async () => {
    const table = ROWS.map(
      (row) => `${JSON.stringify(Object.fromEntries(HEADER.map((name, at) => [name, row[at]])))}\n`,
    );
    await writeFile(folder.path('in.jsonl'), table.join(''));
    for (const [from, to] of [
      ['in.jsonl', 'once.jsonl'],
      ['once.jsonl', 'twice.jsonl'],
    ]) {
      const { code } = await runHere(['ensemble', folder.path(from!), '--output', folder.path(to!)]);
      expect(code).toBe(0);
    }
    const text = await readFile(folder.path('twice.jsonl'), 'utf8');
    expect(text).toBe(await readFile(folder.path('once.jsonl'), 'utf8'));
    expect(text.split('\n')[0]).toBe(
      `${table[0]!.trimEnd().slice(0, -1)},"ensemble_flag":"good","ensemble_margin":0.333333,"ensemble_votes":"good 2, bad 1"}`,
    );
    const compared = await runHere(['compare', folder.path('twice.jsonl'), '--json']);
    expect([compared.code, JSON.parse(compared.stdout)]).toMatchObject([0, { rows: 5 }]);
  });

  it('adds label, margin and votes, and leaves every other cell as it was', async () => {
    await folder.table('in.csv', [HEADER, ...ROWS]);
    const { code, stdout, stderr } = await vote('in.csv');
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/abstain +1 row/);
    expect(await votesOf('voted.csv')).toEqual([
      ['good', '0.333333', 'good 2, bad 1'],
      ['abstain', '0', 'good 1, bad 1, missing 1'],
      ['bad', '1', 'bad 1, missing 2'],
      ['', '', 'missing 3'],
      ['', '', ''],
    ]);
    expect((await readTable('voted.csv')).map((row) => row.slice(0, -3))).toEqual([HEADER, ...ROWS]);
  });

  it.each([
    ['abstain', 'abstain'],
    ['positive', 'bad'],
    ['confident', 'bad'],
  ])('ties: %s', async (rule, flag) => {
    await folder.table('in.csv', [HEADER, ...ROWS]);
    await vote('in.csv', '--ties', rule);
    expect((await votesOf('voted.csv'))[1]![0]).toBe(flag);
  });

  it('votes anew over a table that has a vote, and stdout gets the same', async () => {
    await folder.table('in.csv', [HEADER, ...ROWS]);
    await vote('in.csv');
    const once = await readFile(folder.path('voted.csv'), 'utf8');
    const again = await runHere(['ensemble', folder.path('voted.csv'), '--output', '-']);
    expect(again.stdout).toBe(once);
  });

  it('weighs by confidence without labels, by accuracy with them', async () => {
    const header = ['Human_flag', 'ai_a_flag', 'ai_a_confidence', 'ai_b_flag', 'ai_b_confidence'];
    const tied = ['', 'good', '0.6', 'bad', '0.9'];
    await folder.table('in.csv', [header, tied]);
    await vote('in.csv', '--method', 'weighted');
    expect(await votesOf('voted.csv')).toEqual([['bad', '0.2', 'good 1, bad 1']]);
    // a is right on all labelled rows, b on half of them: a wins though it is less sure.
    const labelled = Array.from({ length: 20 }, (_, at) => [
      'good',
      'good',
      '0.6',
      at % 2 === 0 ? 'good' : 'bad',
      '0.9',
    ]);
    await folder.table('in.csv', [header, ...labelled, tied]);
    await vote('in.csv', '--method', 'weighted');
    expect((await votesOf('voted.csv')).at(-1)).toEqual(['good', '1', 'good 1, bad 1']);
  });

  it('does not let a labelled row vote for itself', async () => {
    // Each model is right on one row only. Were its own row counted, each would win there.
    await folder.table('in.csv', [
      ['Human_flag', 'ai_a_flag', 'ai_b_flag'],
      ['bad', 'bad', 'good'],
      ['good', 'bad', 'good'],
    ]);
    await vote('in.csv', '--method', 'weighted');
    // On row 1 b has one right answer elsewhere and a none; on row 2 the other way round.
    expect((await votesOf('voted.csv')).map(([flag]) => flag)).toEqual(['good', 'bad']);
  });

  it('dawid-skene follows the models that know', async () => {
    const rows = Array.from({ length: 300 }, (_, at) => {
      const truth = (at * 7919) % 3 === 0 ? 'bad' : 'good';
      const wrong = truth === 'bad' ? 'good' : 'bad';
      const noise = (by: number) => ((at * by) % 11 < 5 ? wrong : truth);
      return [
        truth,
        at % 50 === 0 ? wrong : truth,
        at % 37 === 0 ? wrong : truth,
        noise(3),
        noise(5),
        noise(7),
      ];
    });
    await folder.table('in.csv', [
      ['truth', ...['a', 'b', 'c', 'd', 'e'].map((name) => `ai_${name}_flag`)],
      ...rows,
    ]);
    const wrongBy = async (method: string) => {
      await vote('in.csv', '--method', method);
      return (await votesOf('voted.csv')).filter(([flag], at) => flag !== rows[at]![0]).length;
    };
    expect(await wrongBy('dawid-skene')).toBeLessThan((await wrongBy('majority')) / 2);
    const two = await vote('in.csv', '--method', 'dawid-skene', '--models', 'a,b');
    expect(two.stderr).toContain('warning: dawid-skene wants three models or more; with 2 it');
  });
});

describe('a run', () => {
  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    runScripted(
      ['--config', 'config.yaml', '--input', 'in.csv', '--output', 'out.csv', '--multi-model', ...args],
      {
        cwd: folder.path('.'),
        env,
      },
    );
  beforeEach(async () => {
    const models = ['a', 'b', 'c'].map((name) => `  - {name: ${name}, model_id: ./${name}}\n`);
    await writeFile(folder.path('config.yaml'), `models:\n${models.join('')}`);
    await folder.table('in.csv', [
      ['about_me', 'Human_flag', 'poor_grammar'],
      ['odd', 'bad', '1'],
      ['even', 'good', '0'],
      ['', 'bad', ''],
      ['FAIL', 'good', '0'],
    ]);
  });

  it('votes, compares and evaluates when it is asked to or has labels', async () => {
    const { code, stderr, stdout } = await run(['--ensemble', 'majority', '--compare', '--config-hash']);
    expect([code, stdout]).toEqual([6, '']);
    const [header, ...rows] = await readTable('out.csv');
    expect(header!.slice(-4)).toEqual(['ensemble_flag', 'ensemble_margin', 'ensemble_votes', 'config_hash']);
    expect(rows.map((row) => row.slice(-4, -1))).toEqual([
      ['bad', '1', 'bad 3'],
      ['good', '1', 'good 3'],
      ['', '', ''],
      ['', '', 'missing 3'],
    ]);
    expect(new Set(rows.map((row) => row.at(-1))).size).toBe(1);
    expect(rows[0]!.at(-1)).toMatch(/^[0-9a-f]{12}$/);
    expect(stderr).toContain('4 rows: 2 labelled by every model, 1 with a label missing, 1 without text');
    expect(stderr).toContain('4 rows: 3 evaluated');
    const metrics = await readTable('model_metrics.csv');
    expect(metrics.map((row) => row.slice(0, 2).join(' ')).slice(1)).toEqual([
      ...['a', 'b', 'c'].flatMap((name) => [`${name} poor_grammar`, `${name} overall`]),
      'ensemble overall',
    ]);
    // TP 1, the failed good row is a false positive.
    expect(metrics[2]!.slice(5, 10)).toEqual(['1', '1', '1', '0', '1']);
    // The file answers for itself: the same command on the output says the same.
    const again = await runHere(['compare', folder.path('out.csv')]);
    expect(stderr).toContain(again.stdout.trim());
  });

  it('votes when the config says so; the command line has the last word', async () => {
    const config = await readFile(folder.path('config.yaml'), 'utf8');
    await writeFile(folder.path('config.yaml'), `${config}ensemble: {ties: positive}\n`);
    const validated = await runHere(['validate', '--config', folder.path('config.yaml')]);
    expect(validated.stderr.trimEnd()).toMatch(/ensemble_flag\n +ensemble_margin\n +ensemble_votes$/);
    await folder.table('in.csv', [['about_me'], ['odd'], ['even']]);
    expect((await run(['--models', 'a,b'])).code).toBe(0);
    expect(await votesOf('out.csv')).toEqual([
      ['bad', '1', 'bad 2'],
      ['good', '1', 'good 2'],
    ]);
    await run(['--no-ensemble']);
    expect((await readTable('out.csv'))[0]!.at(-1)).toBe('ai_c_status');
    expect((await run(['--no-parse'])).code).toBe(0);
    expect((await readTable('out.csv'))[0]!.at(-1)).toBe('about_me_processed_c');
    await run(['--ensemble', 'dawid-skene']);
    expect((await votesOf('out.csv')).map(([flag]) => flag)).toEqual(['bad', 'good']);
  });

  it('puts both into the JSON summary, and says only what failed with --quiet', async () => {
    const { stdout, stderr } = await run(['--json', '--quiet', '--compare']);
    expect(stderr).toBe('a: 1 invalid_output\nb: 1 invalid_output\nc: 1 invalid_output\n');
    const summary = JSON.parse(stdout);
    expect(summary.comparison).toMatchObject({ complete: 2, incomplete: 1 });
    expect(summary.evaluation.raters[0].metrics.at(-1)).toMatchObject({ tag: 'overall', tp: 1, fp: 1 });
  });

  it('compares and reports whatever the labels by people look like, and says why nothing was evaluated', async () => {
    await folder.table('in.csv', [
      ['about_me', 'Human_flag'],
      ['odd', 'Good'],
      ['even', 'Bad'],
    ]);
    const { code, stderr } = await run(['--compare', '--report', 'r.html']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('agreement of the models')]);
    expect(stderr).toContain('warning: nothing was evaluated');
    expect(stderr).toContain('INPUT_LABEL_SPELLING');
    expect(await readFile(folder.path('r.html'), 'utf8')).toContain('<html');
    const out = folder.path('out.csv');
    expect((await runHere(['compare', out])).code).toBe(0);
    expect((await runHere(['ensemble', out, '--output', folder.path('v.csv')])).code).toBe(0);
    const weighted = ['ensemble', out, '--output', folder.path('v.csv'), '--method', 'weighted'];
    for (const needed of [weighted, ['evaluate', out], ['review', out, '--output', folder.path('v.csv')]]) {
      const said = await runHere(needed);
      expect([said.code, said.stderr]).toEqual([
        3,
        expect.stringContaining('--map-labels Good=good,Bad=bad'),
      ]);
    }
  });

  it('reads its own output as it wrote it', async () => {
    await writeFile(folder.path('odd.csv'), 'id^about_me^Human_flag\n1^odd, even^good\n2^eve^bad\n');
    const odd = await run(['--input', 'odd.csv', '--delimiter', '^', '--compare']);
    expect([odd.code, odd.stderr]).toEqual([0, expect.stringContaining('2 rows: 2 evaluated')]);
    const lines = ['odd, "even"', 'eve'].map((about_me) => JSON.stringify({ about_me, Human_flag: 'good' }));
    await writeFile(folder.path('in.jsonl'), `${lines.join('\n')}\n`);
    const text = await run(['--input', 'in.jsonl', '--output', 'out.txt', '--compare']);
    expect([text.code, text.stderr]).toEqual([0, expect.stringContaining('2 rows: 2 evaluated')]);
    const again = await run(['--input', 'in.jsonl', '--output', 'out.txt', '--compare', '--resume']);
    expect(again.stderr).toContain('2 rows: 2 evaluated');
  });

  it('does not take a field or a column of the user for a model', async () => {
    const fields = `output:\n  fields:\n    - {name: flag, type: enum, values: [good, bad]}\n    - {name: red_flag, type: enum, values: ['yes', 'no']}\n    - {name: red_status, type: string}\n`;
    const config = await readFile(folder.path('config.yaml'), 'utf8');
    await writeFile(folder.path('config.yaml'), `${config}prompt: {system: Sort it.}\n${fields}`);
    await folder.table('in.csv', [
      ['about_me', 'Human_flag', 'ai_made_flag', 'ai_made_confidence'],
      ['odd', 'good', 'bad', '0.9'],
      ['eve', 'bad', 'no idea', '0.1'],
    ]);
    const { code, stderr } = await run(['--compare', '--ensemble', 'majority']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('2 rows: 2 evaluated')]);
    expect(stderr).not.toContain('a_red');
    const compare = ['compare', folder.path('out.csv'), '--config', folder.path('config.yaml'), '--json'];
    const { stdout } = await runHere(compare);
    expect(JSON.parse(stdout).raters.map(({ name }: { name: string }) => name)).toEqual([
      'a',
      'b',
      'c',
      'ensemble',
    ]);
    const asked = await runHere([...compare, '--models', 'a,made']);
    expect([asked.code, asked.stderr]).toEqual([3, expect.stringContaining('ai_made_flag')]);
  });

  it('adds nothing unasked to a table without labels', async () => {
    await folder.table('in.csv', [['about_me'], ['odd']]);
    const { stdout } = await run(['--json', '--quiet']);
    expect(Object.keys(JSON.parse(stdout))).not.toContain('evaluation');
    await expect(readFile(folder.path('model_metrics.csv'))).rejects.toThrow();
    expect((await readTable('out.csv'))[0]!.at(-1)).toBe('ai_c_status');
  });

  it('a model that did not finish is a missing vote; misspelt labels are a warning and never end the run', async () => {
    await folder.table('in.csv', [
      ['about_me', 'Human_flag'],
      ['odd', 'BAD'],
    ]);
    const { code, stderr } = await run(['--ensemble', 'weighted'], { FAKE_FAIL_LOAD: 'b' });
    expect(code).toBe(6);
    expect(await votesOf('out.csv')).toEqual([['bad', '1', 'bad 2, missing 1']]);
    expect(stderr).toMatch(
      /warning: nothing was evaluated; run-scoring evaluate can, .*--map-labels BAD=bad \[INPUT_LABEL_SPELLING\]/,
    );
  });

  it('tables of two configs, put together, are refused', async () => {
    await run(['--config-hash', '--quiet']);
    const first = await readFile(folder.path('out.csv'), 'utf8');
    await writeFile(
      folder.path('config.yaml'),
      `${await readFile(folder.path('config.yaml'), 'utf8')}prompt: {system: Other words.}\n`,
    );
    await run(['--config-hash', '--quiet']);
    const second = await readFile(folder.path('out.csv'), 'utf8');
    await writeFile(folder.path('both.csv'), first + second.slice(second.indexOf('\n') + 1));
    const { code, stderr } = await runHere(['compare', folder.path('both.csv')]);
    expect([code, stderr]).toEqual([3, expect.stringContaining('row 5 column "config_hash"')]);
    expect((await runHere(['compare', folder.path('out.csv')])).code).toBe(0);
  });

  it.each([
    [['--ensemble', 'majority', '--no-parse'], '--no-parse leaves nothing'],
    [['--ensemble', 'all'], 'majority, weighted, dawid-skene'],
    [['--ties', 'positive'], '--ties needs --ensemble'],
    [['--no-ensemble', '--ties', 'positive'], 'leaves nothing for --ties'],
    [['--compare', '--output', '-'], '--output must be a file'],
  ])('refuses %j', async (options, words) => {
    const base = ['--config', folder.path('config.yaml'), '--input', folder.path('in.csv')];
    const { code, stderr } = await runHere([...base, '--output', folder.path('out.csv'), ...options]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
  });

  it.each([
    ['ensemble_votes', ['--ensemble', 'majority'], 'leave the vote out (--no-ensemble)'],
    ['config_hash', ['--config-hash'], 'leave --config-hash out'],
  ])('refuses an input that has %s, and says how to do without', async (column, options, way) => {
    await folder.table('in.csv', [
      ['about_me', column],
      ['odd', ''],
    ]);
    const { code, stderr } = await run(options);
    expect([code, stderr]).toEqual([4, expect.stringContaining('OUTPUT_COLUMN_EXISTS')]);
    expect(stderr).toContain(way);
  });
});
