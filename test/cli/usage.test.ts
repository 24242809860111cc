import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SUBCOMMANDS } from '../../src/cli/commands.js';
import { runProgram } from '../../src/cli/program.js';
import { RunScoringError } from '../../src/foundation/errors.js';
import { widest } from './command-line.js';
import { runScoring } from './run-dist.js';

let folder = '';
const file = (name: string) => join(folder, name);
const GOOD_CONFIG = 'models: [{name: a, model_id: ./no-such-model}]\n';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usage-'));
  await writeFile(file('config.yaml'), GOOD_CONFIG);
  await writeFile(file('bad.yaml'), 'models:\n  - name: a\n    modle_id: hf_abcdefghijklmnop\n');
  await writeFile(file('in.csv'), 'about_me\nHi\n');
});
afterAll(() => rm(folder, { recursive: true }));

describe('help and version', () => {
  it('name every option and command on stdout', async () => {
    const { code, stdout, stderr } = await runScoring(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const option of [
      '--input',
      '--output',
      '--config',
      '--multi-model',
      '--limit',
      '--no-parse',
      '--log-file',
      '--models',
      '--batch-size',
      '--device',
      '--no-clobber',
      '--dry-run',
      '--json',
      '--quiet',
      '--verbose',
      '--resume',
      '--retry-errors',
      '--timeout-per-row',
      '--encoding',
      '--delimiter',
      '--on-bad-row',
      '--formula-guard',
      '--offline',
      'validate',
    ]) {
      expect(stdout).toContain(option);
    }
    expect(widest(stdout)).toBeLessThanOrEqual(80);
  });

  it.each(SUBCOMMANDS.map(({ name }) => name))('of %s fit 80 columns', async (name) => {
    const { code, stdout } = await runScoring([name, '--help']);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`Usage: run-scoring ${name}`)]);
    expect(widest(stdout)).toBeLessThanOrEqual(80);
    if (name === 'compare') expect((await runScoring(['help', name])).stdout).toBe(stdout);
  });

  it('give the version of the package', async () => {
    expect((await runScoring(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('a wrong command line is one line on stderr and exit code 2', () => {
  it.each([
    [['--inptu', 'x'], 'Did you mean --input?'],
    [['validat'], 'Did you mean "validate"?'],
    [['--input', 'in.csv'], '--output is missing'],
    [['--output', 'x.csv'], '--input is missing'],
    [['--input'], 'argument missing'],
    [['--limit', '-5', '--input', 'a', '--output', 'b'], '--limit must be a whole number'],
    [['--limit', '1e3', '--input', 'a', '--output', 'b'], '--limit must be a whole number'],
    [['--batch-size', '0', '--input', 'a', '--output', 'b'], '--batch-size must be'],
    [['--timeout-per-row', 'soon', '--input', 'a', '--output', 'b'], '--timeout-per-row must be'],
    [['--device', 'gpu', '--input', 'a', '--output', 'b'], 'auto, cpu, cuda'],
    [['--models', 'a,,b', '--input', 'a', '--output', 'b'], '--models has an empty name'],
    [['--quiet', '--verbose', '--input', 'a', '--output', 'b'], 'cannot be used with'],
    [['--json', '--input', 'a', '--output', '-'], 'both write to stdout'],
    [['--log-file', './in.csv', '--input', 'in.csv', '--output', 'b'], 'needs for something else'],
    [['--config', 'config.yaml', '--input', 'in.csv', '--output', 'config.yaml'], 'needs for something else'],
    [['--resume', '--input', '-', '--output', 'b'], '--resume needs files'],
    [['--input', 'in.csv', '--output', 'o.csv', '--config', 'none.yaml'], 'no such config file'],
    [
      ['--input', 'in.csv', '--output', 'o.csv', '--config', 'bad.yaml'],
      'bad.yaml:3:5 models[0].modle_id: Unknown key "modle_id". Did you mean "model_id"?',
    ],
    [['--input', 'in.csv', '--output', 'o.csv', '--config', 'config.yaml', '--models', 'zebra'], 'Known: a.'],
    [['validate', '--config', 'bad.yaml'], 'CONFIG_UNKNOWN_KEY'],
    [['validate', 'config.yaml'], 'Too many arguments'],
    [['evaluate', 'in.csv', 'in.csv'], 'Too many arguments'],
    [['inspect', './folder', '--revision', 'main'], '--revision is for models of the hub'],
  ])('%j', async (args, words) => {
    const paths = args.map((arg) =>
      arg.endsWith('.csv') || arg.endsWith('.yaml') ? join(folder, arg) : arg,
    );
    const error = await runProgram(paths).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(RunScoringError);
    const line = (error as RunScoringError).toLine();
    expect(line).toContain(words);
    expect(line).toMatch(/ \[(?:USAGE|CONFIG)_[A-Z_]+\]$/);
    expect((error as RunScoringError).exitCode).toBe(2);
  });

  it.each([
    [['--inptu', 'x'], 'Did you mean --input?'],
    [
      ['--input', 'in.csv', '--output', 'o.csv', '--config', 'bad.yaml'],
      'bad.yaml:3:5 models[0].modle_id: Unknown key',
    ],
    [['--input', 'none.csv', '--output', 'o.csv', '--config', 'config.yaml'], 'INPUT_NOT_FOUND'],
  ])('the process says it too: %j', async (args, words) => {
    const { code, stdout, stderr } = await runScoring(args, { cwd: folder });
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/^error: .* \[[A-Z_]+\]\n$/);
    expect(stderr).not.toContain('hf_abc');
    expect([code, stdout]).toEqual([words.startsWith('INPUT') ? 3 : 2, '']);
    expect((await readdir(folder)).sort()).toEqual(['bad.yaml', 'config.yaml', 'in.csv']);
  });

  it('an empty one shows the help', async () => {
    const { code, stderr } = await runScoring([]);
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: run-scoring');
  });
});

describe('validate', () => {
  it('lists models and columns on stderr', async () => {
    const { code, stderr } = await runScoring(['validate', '--config', 'config.yaml'], { cwd: folder });
    expect(code).toBe(0);
    expect(stderr).toContain('ai_a_recommendation');
  });

  it('takes the package’s own config where the working directory has none', async () => {
    const { code, stderr } = await runScoring(['validate'], { cwd: folder });
    expect(code).toBe(0);
    expect(stderr).toContain('scout');
  });
});
