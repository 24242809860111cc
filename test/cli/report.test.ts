import { describe, expect, it } from 'vitest';
import { histogram, measurePrompts, renderCounts, renderSamples } from '../../src/cli/dry-run.js';
import { describeUnknown } from '../../src/cli/report-error.js';
import { resumeCommand } from '../../src/cli/signals.js';
import { renderSummary, summaryJson } from '../../src/cli/summary.js';
import { ROW_STATUSES, type RowStatus } from '../../src/scoring/record.js';
import type { RunSummary } from '../../src/scoring/run-summary.js';

const PLAIN = { interactive: false, colour: false, width: 80 };
const NONE = Object.fromEntries(ROW_STATUSES.map((status) => [status, 0])) as Record<RowStatus, number>;
const report: RunSummary = {
  input: 'in.csv',
  output: 'out.csv',
  rows: 1_000_000,
  seconds: 3725,
  badRows: 0,
  riskyCells: { input: 2, output: 0 },
  interrupted: false,
  alreadyDone: false,
  outputWritten: true,
  exitCode: 6,
  models: [
    {
      name: 'a_name_of_thirty-nine_characters_it_is_x',
      modelId: 'owner/name',
      info: null,
      finished: true,
      statuses: {
        ...NONE,
        ok: 999_990,
        truncated_output: 7,
        error_non_finite: 1,
        error_timeout: 1,
        error_worker: 1,
      },
      labels: { flag: { good: 600_000, bad: 399_990 } },
      seconds: 1800.5,
      loadSeconds: 12.25,
      scoredNow: 1_000_000,
      reused: 0,
      inputTokens: 5,
      outputTokens: 6,
      error: null,
    },
    {
      name: 'b',
      modelId: './m',
      info: null,
      finished: false,
      statuses: NONE,
      labels: {},
      seconds: 0,
      loadSeconds: 0.1,
      scoredNow: 0,
      reused: 0,
      inputTokens: 0,
      outputTokens: 0,
      error: { code: 'MODEL_MISSING', message: `The folder is not there. ${'word '.repeat(40)}` },
    },
  ],
};

describe('the summary', () => {
  it('fits 80 columns, without colour when piped', () => {
    const text = renderSummary(report, PLAIN);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text).not.toContain('\u001b');
    expect(text).toContain('MODEL_MISSING');
    expect(text).toContain('flag: good 600000, bad 399990');
    expect(text).toMatch(/999990 +0 +0 +10 +555/);
    expect(renderSummary(report, { ...PLAIN, colour: true })).toContain('\u001b[31m');
  });

  it('is one JSON line for programs', () => {
    const line = summaryJson(report);
    expect(line.trimEnd()).not.toContain('\n');
    const json = JSON.parse(line);
    expect(json).toMatchObject({ exit_code: 6, rows: 1_000_000, risky_cells: { input: 2, output: 0 } });
    expect(json.models[0]).toMatchObject({ failed: 10, rows_per_second: 555.401 });
    expect(json.models[1]).toMatchObject({ rows_per_second: null, error: { code: 'MODEL_MISSING' } });
  });
});

describe('a dry run', () => {
  const encoder = {
    encode: (text: string) => ({
      tokens: new Int32Array(Math.min(text.length, 5)),
      truncated: text.length > 5,
      uncutTokens: text.length,
    }),
    render: (text: string) => `<system>Judge.<user>${text}`,
  };
  async function* texts() {
    yield* ['', 'one', '  ', 'twofold', 'three', 'f{{text}}'];
  }

  it('counts every row and shows three prompts', async () => {
    const measured = await measurePrompts(texts(), encoder);
    expect(measured).toMatchObject({ rows: 6, empty: 2, truncated: 2, promptTokens: [3, 5, 7, 9] });
    expect(measured.samples.map((sample) => sample.row)).toEqual([2, 4, 5]);
    expect(renderSamples(measured)).toContain('--- prompt of row 4 ---\n<system>Judge.<user>twofold\n');
    const counts = renderCounts(measured, 'a', 5);
    expect(counts).toContain('least 3, median 5, most 9');
    expect(counts).not.toContain('twofold');
  });

  it('survives an empty table', async () => {
    const measured = await measurePrompts((async function* () {})(), encoder);
    expect(renderCounts(measured, 'a', 5)).toBe('a: 0 rows, 0 empty, 0 cut to 5 tokens\n');
  });

  it('draws bins that hold every value once', () => {
    for (const values of [[5], [5, 5, 5], Array.from({ length: 100 }, (_, i) => i), [1, 1_000_000]]) {
      const lines = histogram(values);
      expect(lines.length).toBeLessThanOrEqual(8);
      const total = lines.reduce((sum, line) => sum + Number(/(\d+)$/.exec(line)![1]), 0);
      expect(total).toBe(values.length);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(78);
    }
  });
});

it('quotes the resume command for a shell', () => {
  expect(resumeCommand(['--input', "a b'c.csv", '--output', 'o.csv', '--no-clobber'], false)).toBe(
    "run-scoring --input 'a b'\\''c.csv' --output o.csv --resume",
  );
  expect(resumeCommand(['--resume', '--input', 'a'], false)).toBe('run-scoring --input a --resume');
  expect(resumeCommand(['--input', 'a'], true)).toBe('npx run-scoring --input a --resume');
});

it('shows where an unexpected error came from, never its message', () => {
  const error = new TypeError('canary cell text', {
    cause: new SyntaxError('canary "token"\n    at canary'),
  });
  const text = describeUnknown(error);
  expect(text).toContain('TypeError');
  expect(text).toContain('SyntaxError');
  expect(text).toContain('report.test.ts');
  expect(text).not.toContain('canary');
  expect(describeUnknown('canary')).not.toContain('canary');
});
