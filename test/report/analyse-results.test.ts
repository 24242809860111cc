import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  compareResults,
  createConfig,
  evaluateResults,
  RunScoringError,
  readRows,
  renderComparison,
  voteOnRows,
} from '../../src/index.js';
import { type Folder, newFolder, runHere } from '../cli/command-line.js';

const config = createConfig({ models: ['a', 'b', 'c'].map((name) => ({ name, model_id: `o/${name}` })) });
const HEADER = [
  'about_me',
  'Human_flag',
  'poor_grammar',
  ...['a', 'b', 'c'].flatMap((n) => [`ai_${n}_flag`, `ai_${n}_tags`, `ai_${n}_confidence`, `ai_${n}_status`]),
];
const row = (human: string, ...flags: string[]) => [
  flags.join('') === '' ? '' : 'a text',
  human,
  human === 'bad' ? '1' : '0',
  ...flags.flatMap((flag, at) => [
    flag,
    flag === 'bad' ? 'poor_grammar, insufficient_content' : '',
    flag === '' ? '' : String(0.6 + at / 10),
    flag === '' ? (flags.join('') === '' ? 'empty_input' : 'invalid_output') : 'ok',
  ]),
];
const ROWS = [
  row('bad', 'bad', 'bad', 'good'),
  row('good', 'good', 'bad', 'good'),
  row('', 'good', 'bad', ''),
  row('bad', '', '', ''),
  ...Array.from({ length: 30 }, (_, at) =>
    row(at % 3 ? 'good' : 'bad', at % 4 ? 'good' : 'bad', 'good', 'bad'),
  ),
];

let folder: Folder;
let path: string;
beforeAll(async () => {
  folder = await newFolder();
  path = await folder.table('results.csv', [HEADER, ...ROWS]);
});
afterAll(() => folder.remove());

const failureOf = async (work: Promise<unknown>) => {
  const error = await work.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(RunScoringError);
  return error as RunScoringError;
};

describe('the commands as functions', () => {
  it('say of rows what they say of the file, which is what the commands print', async () => {
    const rows = await readRows(path);
    expect(rows.length).toBe(ROWS.length);
    const ofFile = await compareResults(config, path);
    expect({ ...(await compareResults(config, rows)), file: path }).toEqual(ofFile);
    expect(renderComparison(ofFile)).toBe((await runHere(['compare', path])).stdout);

    const evaluation = await evaluateResults(config, path, { resamples: 100 });
    expect({ ...(await evaluateResults(config, rows, { resamples: 100 })), file: path }).toEqual(evaluation);
    const json = JSON.parse((await runHere(['evaluate', path, '--resamples', '100', '--json'])).stdout);
    expect(json.raters.map((each: { metrics: object[] }) => each.metrics.at(-1))).toMatchObject(
      evaluation.raters.map(({ metrics }) => {
        const { tp, fp, fn, tn } = metrics.at(-1)!;
        return { tp, fp, fn, tn };
      }),
    );
    // The majority of three, as the command does it.
    expect(evaluation.raters.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'ensemble']);
  });

  it('vote as the command does, again and again', async () => {
    await runHere(['ensemble', path, '--output', folder.path('voted.csv'), '--ties', 'confident']);
    const voted = await voteOnRows(config, await readRows(path), { method: 'majority', ties: 'confident' });
    const asText = voted.map((each) =>
      Object.fromEntries(Object.entries(each).map(([key, value]) => [key, String(value ?? '')])),
    );
    expect(asText).toEqual(await readRows(folder.path('voted.csv')));
    expect(voted[3]).toMatchObject({ ensemble_flag: null, ensemble_margin: null, ensemble_votes: null });
    const settings = { method: 'majority', ties: 'confident' } as const;
    expect(await voteOnRows(config, voted, settings)).toEqual(voted);
  });

  it('choose models and read other spellings', async () => {
    const rows = await readRows(path);
    expect((await compareResults(config, rows, { models: ['a', 'c'] })).pairs.length).toBe(1);
    const spelled = rows.map((each) => ({ ...each, ai_a_flag: String(each['ai_a_flag']).toUpperCase() }));
    const error = await failureOf(compareResults(config, spelled));
    expect([error.code, error.at]).toEqual(['INPUT_LABEL_SPELLING', { row: 1, field: 'ai_a_flag' }]);
    const mapLabels = { BAD: 'bad', GOOD: 'good' };
    expect(await compareResults(config, spelled, { mapLabels })).toEqual(await compareResults(config, rows));
  });

  it('need labels by people only where these are used', async () => {
    const rows = await readRows(path);
    const spelled = rows.map((each) => ({ ...each, Human_flag: String(each['Human_flag']).toUpperCase() }));
    expect(await compareResults(config, spelled)).toEqual(await compareResults(config, rows));
    const flags = (voted: readonly Record<string, unknown>[]) => voted.map((each) => each['ensemble_flag']);
    const majority = await voteOnRows(config, spelled, { method: 'majority' });
    expect(flags(majority)).toEqual(flags(await voteOnRows(config, rows, { method: 'majority' })));
    const weighted = voteOnRows(config, spelled, { method: 'weighted' });
    for (const work of [weighted, evaluateResults(config, spelled)]) {
      expect((await failureOf(work)).toLine()).toMatch(/^row 1 column "Human_flag": .*INPUT_LABEL_SPELLING/);
    }
  });

  it('take lists and numbers, as a program may have them', async () => {
    const rows = await readRows(path);
    const typed = rows.map((each) => ({
      ...each,
      ai_b_tags: each['ai_b_tags'] === '' ? [] : String(each['ai_b_tags']).split(', '),
      ai_b_confidence: each['ai_b_confidence'] === '' ? null : Number(each['ai_b_confidence']),
    }));
    expect(await compareResults(config, typed)).toEqual(await compareResults(config, rows));
  });

  it('refuse rows by number, without a file or a line', async () => {
    const none = await failureOf(compareResults(config, [{ about_me: 'x' }]));
    expect(none.toLine()).toMatch(/^The table has no column of a model.*\[INPUT_NO_MODEL_COLUMNS\]$/);
    const unknown = await failureOf(compareResults(config, [{ ai_a_flag: 'purple' }]));
    expect(unknown.toLine()).toMatch(/^row 1 column "ai_a_flag": .*\[INPUT_LABEL_UNKNOWN\]$/);
    const rows = [{ ai_a_flag: 'bad', Human_flag: '' }];
    expect((await failureOf(evaluateResults(config, rows))).code).toBe('INPUT_NO_LABELS');
    expect((await failureOf(evaluateResults(config, [{ ai_a_flag: 'bad' }]))).code).toBe(
      'INPUT_COLUMN_MISSING',
    );
    expect((await compareResults(config, [{ ai_a_flag: 'bad' }])).rows).toBe(1);
  });
});
