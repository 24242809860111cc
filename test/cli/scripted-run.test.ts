import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPage, sectionOf, shownFigures } from '../report/pages.js';
import { runScripted, type Start } from './run-dist.js';

let folder = '';
const file = (name: string) => join(folder, name);
const CANARY = 'canary7f3a';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scripted-'));
  const models = ['a', 'b', 'c'].map(
    (name) => `  - {name: ${name}, enabled: ${name !== 'c'}, model_id: ./${name}}\n`,
  );
  await writeFile(file('config.yaml'), `models:\n${models.join('')}`);
  const rows = Array.from({ length: 40 }, (_, i) => `${i},"${CANARY}, row ${i} ""quoted""\nsecond line"\n`);
  await writeFile(file('in.csv'), `id,about_me\n${rows.join('')}40,\n`);
});
afterEach(() => rm(folder, { recursive: true }));

const run = (args: readonly string[], options: Start = {}) =>
  runScripted(['--config', 'config.yaml', ...args], { cwd: folder, ...options });
const BASE = ['--input', 'in.csv', '--output', 'out.csv'];

describe('a run', () => {
  it('writes the table, a summary on stderr and nothing on stdout', async () => {
    const { code, stdout, stderr } = await run([...BASE, '--multi-model']);
    expect(stderr).toContain('41 rows');
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).not.toContain(CANARY);
    expect(stderr).not.toContain('\u001b');
    expect(Math.max(...stderr.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    const header = (await readFile(file('out.csv'), 'utf8')).split('\n')[0]!;
    expect(header.trimEnd().split(',')).toEqual([
      'id',
      'about_me',
      ...['a', 'b'].flatMap((name) => [
        `about_me_processed_${name}`,
        ...['flag', 'reasoning', 'tags', 'recommendation', 'confidence', 'status'].map(
          (field) => `ai_${name}_${field}`,
        ),
      ]),
    ]);
    const left = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
    expect(left).toEqual(['config.yaml', 'in.csv', 'out.csv']);
  });

  it('writes a report with the throughput and tokens of its summary, and without texts when told', async () => {
    const args = [...BASE, '--multi-model', '--json', '--report', 'report.html'];
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(0);
    expect(stderr).toContain('Written: report.html');
    const { models } = JSON.parse(stdout);
    const page = readPage(await readFile(file('report.html'), 'utf8'));
    const shown = shownFigures(sectionOf(page.markup, 'throughput')).map((each) => each.value);
    expect(shown.length).toBe(2 * 7);
    for (const [at, model] of models.entries()) {
      const [scored, rate, seconds, , tokensIn, tokensOut] = shown.slice(7 * at);
      expect([scored, tokensIn, tokensOut]).toEqual([
        model.scored_now,
        model.input_tokens,
        model.output_tokens,
      ]);
      expect(tokensOut).toBeGreaterThan(0);
      expect(seconds).toBeCloseTo(model.seconds, 3);
      expect(rate! / (scored! / seconds!)).toBeCloseTo(1, 6);
    }
    expect(page.blocks.flat().length).toBe(41);
    expect(page.text).toContain(CANARY);
    const again = await run([...args, '--report-without-text']);
    expect(again.code).toBe(0);
    expect(await readFile(file('report.html'), 'utf8')).not.toContain(CANARY);
  });

  it.each([
    [[], ['a']],
    [['--multi-model'], ['a', 'b']],
    [
      ['--models', 'c,a'],
      ['a', 'c'],
    ],
  ])('with %j runs %j', async (args, names) => {
    const { code, stdout } = await run([...BASE, '--json', '--quiet', ...args]);
    expect(code).toBe(0);
    expect(stdout.trimEnd()).not.toContain('\n');
    const summary = JSON.parse(stdout);
    expect(summary.models.map((model: { name: string }) => model.name)).toEqual(names);
    expect(summary).toMatchObject({ exit_code: 0, rows: 41, output_written: true });
    expect(summary.models[0].statuses).toMatchObject({ ok: 40, empty_input: 1 });
  });

  it('reads stdin and writes stdout', async () => {
    const stdin = await readFile(file('in.csv'), 'utf8');
    const piped = await run(['--input', '-', '--output', '-', '--quiet'], { stdin });
    expect([piped.code, piped.stderr]).toEqual([0, '']);
    await run([...BASE, '--quiet']);
    expect(piped.stdout).toBe(await readFile(file('out.csv'), 'utf8'));
  });

  it('ends with 6 when rows or a model failed, with 5 when no model could run', async () => {
    const partly = await run([...BASE, '--multi-model'], { env: { FAKE_FAIL_LOAD: 'a' } });
    expect(partly.stderr).toContain('[MODEL_MISSING]');
    expect(partly.code).toBe(6);
    const quiet = await run([...BASE, '--multi-model', '--quiet'], { env: { FAKE_FAIL_LOAD: 'a' } });
    expect(quiet.stderr).toBe('a: The model folder is not there. [MODEL_MISSING]\n');
    await rm(file('out.csv'));
    const none = await run([...BASE, '--multi-model'], { env: { FAKE_FAIL_LOAD: 'a,b' } });
    expect(none.code).toBe(5);
    expect(none.stderr).toContain('[MODEL_MISSING]');
    await expect(stat(file('out.csv'))).rejects.toThrow();
    await writeFile(file('in.csv'), 'about_me\nFAIL\nfine\n');
    const failed = await run([...BASE, '--quiet']);
    expect([failed.code, failed.stderr]).toEqual([6, 'a: 1 invalid_output\n']);
  });
});

describe('bad input and output are one line, a code, and no output', () => {
  it.each<[string, string[], number, string]>([
    ['a missing file', ['--input', 'none.csv', '--output', 'out.csv'], 3, 'INPUT_NOT_FOUND'],
    ['a missing column', ['--input', 'column.csv', '--output', 'out.csv'], 3, 'about_mee'],
    ['an empty file', ['--input', 'empty.csv', '--output', 'out.csv'], 3, 'INPUT_EMPTY'],
    ['the input as output', ['--input', 'in.csv', '--output', './in.csv'], 4, 'OUTPUT_IS_INPUT'],
    ['an existing output', ['--input', 'in.csv', '--output', 'old.csv', '--no-clobber'], 4, 'OUTPUT_EXISTS'],
    ['a missing output folder', ['--input', 'in.csv', '--output', 'no/out.csv'], 4, 'OUTPUT_FOLDER_MISSING'],
  ])('%s', async (_what, args, exitCode, words) => {
    await writeFile(file('empty.csv'), '');
    await writeFile(file('column.csv'), 'id,about_mee\n1,x\n');
    await writeFile(file('old.csv'), 'old');
    const before = await readFile(file('in.csv'), 'utf8');
    const { code, stdout, stderr } = await run(args);
    expect(stderr).toMatch(/^error: .* \[[A-Z_]+\]\n$/);
    expect(stderr).toContain(words);
    expect([code, stdout]).toEqual([exitCode, '']);
    expect((await readdir(folder)).sort()).toEqual([
      'column.csv',
      'config.yaml',
      'empty.csv',
      'in.csv',
      'old.csv',
    ]);
    expect(await readFile(file('in.csv'), 'utf8')).toBe(before);
    expect(await readFile(file('old.csv'), 'utf8')).toBe('old');
  });

  it('tells a program the same with --json', async () => {
    const { code, stdout } = await run(['--input', 'none.csv', '--output', 'out.csv', '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ exit_code: 3, error: { code: 'INPUT_NOT_FOUND' } });
    const config = await run([...BASE, '--config', 'none.yaml', '--json']);
    expect(JSON.parse(config.stdout)).toMatchObject({ exit_code: 2, error: { code: 'CONFIG_MISSING' } });
  });

  it('a header alone is no error', async () => {
    await writeFile(file('in.csv'), 'about_me\n');
    expect((await run(BASE)).code).toBe(0);
    expect((await readFile(file('out.csv'), 'utf8')).trimEnd().split('\n').length).toBe(1);
  });
});

describe('signals', () => {
  /** Sends the signals once the first model is loaded, so that a slow machine changes nothing. */
  const send =
    (...signals: NodeJS.Signals[]): NonNullable<Start['during']> =>
    (child) => {
      let seen = false;
      child.stderr.on('data', (text: string) => {
        if (seen || !text.includes('scripted model')) return;
        seen = true;
        for (const [i, signal] of signals.entries()) setTimeout(() => child.kill(signal), 600 + i * 300);
      });
    };

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s saves, prints the line that goes on, and leaves with %d', async (signal, exitCode) => {
    await run([...BASE, '--multi-model', '--quiet']);
    const undisturbed = await readFile(file('out.csv'));
    await rm(file('out.csv'));

    const stopped = await run([...BASE, '--multi-model', '--verbose'], {
      env: { FAKE_DELAY_MS: '60' },
      during: send(signal),
    });
    expect(stopped.stderr).toContain('--resume');
    expect(stopped.code).toBe(exitCode);
    await expect(stat(file('out.csv'))).rejects.toThrow();

    const again = await run([...BASE, '--multi-model', '--resume', '--json']);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout).models[0].reused).toBeGreaterThan(0);
    expect((await readFile(file('out.csv'))).equals(undisturbed)).toBe(true);
  });

  it('the second one leaves at once, even from a model that does not listen', async () => {
    const started = performance.now();
    const { code, stderr } = await run([...BASE, '--verbose'], {
      env: { FAKE_STUBBORN: '1' },
      during: send('SIGINT', 'SIGINT'),
    });
    expect(code).toBe(130);
    expect(performance.now() - started).toBeLessThan(9_000);
    expect(stderr).toContain('--resume');
  });
});

describe('what must never stop scoring', () => {
  it('a log that cannot be written', async () => {
    const { code, stderr } = await run([...BASE, '--log-file', 'no/such/folder.log']);
    expect(code).toBe(0);
    expect(stderr.match(/warning: The log file cannot be written/g)?.length).toBe(1);
  });

  it('a stdout that nobody reads any more', async () => {
    const gone: NonNullable<Start['during']> = (child) => child.stdout.destroy();
    const { stderr, code } = await run(['--input', 'in.csv', '--output', '-', '--quiet'], { during: gone });
    expect(stderr).not.toContain('internal error');
    expect(code).toBe(0);
  });

  it('a reader that went away', async () => {
    const gone: NonNullable<Start['during']> = (child) => child.stderr.destroy();
    expect((await run([...BASE, '--verbose'], { during: gone })).code).toBe(0);
    expect((await stat(file('out.csv'))).size).toBeGreaterThan(1000);
  });
});

it('an unforeseen error of a model shows no text anywhere', async () => {
  const { code, stdout, stderr } = await run([...BASE, '--verbose', '--json', '--log-file', 'run.log'], {
    env: { FAKE_THROW: '1' },
  });
  expect(code).not.toBe(0);
  const written = `${stdout}${stderr}${await readFile(file('run.log'), 'utf8')}`;
  expect(written).toContain('a');
  expect(written).not.toContain(CANARY);
});

it('the log is JSON lines without texts, for its owner only', async () => {
  await writeFile(file('in.csv'), `about_me\n${CANARY} FAIL\n${CANARY}\n`);
  await run([...BASE, '--log-file', 'run.log', '--verbose']);
  const text = await readFile(file('run.log'), 'utf8');
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map((line) => line.msg)).toEqual(
    expect.arrayContaining(['start', 'a: scripted model', 'end']),
  );
  expect(text).not.toContain(CANARY);
  expect((await stat(file('run.log'))).mode & 0o777).toBe(0o600);
});
