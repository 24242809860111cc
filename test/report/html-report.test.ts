import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Folder, newFolder, runHere } from '../cli/command-line.js';
import { elementsOf, plainTable, readPage, sectionOf, shownFigures, type Table } from './pages.js';

let folder: Folder;
beforeAll(async () => {
  folder = await newFolder();
});
afterAll(() => folder.remove());

async function report(command: 'compare' | 'evaluate', table: Table, ...options: string[]) {
  const path = await folder.table('results.csv', table);
  const file = folder.path('report.html');
  const args = [command, path, '--report', file, '--resamples', '60', '--json', ...options];
  const { code, stderr, stdout } = await runHere(args);
  expect([code, stderr]).toEqual([0, `Written: ${file}\n`]);
  return { ...readPage(await readFile(file, 'utf8')), json: JSON.parse(stdout) };
}

interface Range {
  readonly low: number | null;
  readonly high: number | null;
}
const valuesOf = (markup: string) => shownFigures(markup).map((each) => each.value);
const range = (found: Range | null) => [found?.low, found?.high];
const all = (found: Range & { readonly value: number | null }) => [found.value, ...range(found)];

/** The rows by label that people gave and that the rater gave, counted from the table itself. */
function countPairs(table: Table, model: string): Record<string, number> {
  const [header, ...rows] = table as [Table[0], ...Table];
  const [human, said, status] = ['Human_flag', `ai_${model}_flag`, `ai_${model}_status`].map((name) =>
    header.indexOf(name),
  );
  const counts: Record<string, number> = {};
  for (const row of rows) {
    if (row[human!] === '' || row[status!] === 'empty_input') continue;
    const key = `${row[human!]} ${row[said!] === '' ? 'none' : row[said!]}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

describe('a report', () => {
  it('shows of each model what evaluate says, to the last figure', async () => {
    const table = plainTable();
    const { markup, figures, json } = await report('evaluate', table);
    const { gates: _gates, output: _output, exit_code: _code, ...evaluation } = json;
    const strip = ({ curve: _curve, band: _band, ...rater }: Record<string, unknown>) => rater;
    const raters = evaluation.raters.map(strip);
    expect(figures.evaluation).toEqual({ ...evaluation, file: 'results.csv', raters });
    const shown = valuesOf(sectionOf(markup, 'evaluation'));
    let at = 0;
    const expectNext = (values: readonly (number | null | undefined)[], what: string) => {
      const wanted = values.filter((value) => value !== null && value !== undefined);
      expect(shown.slice(at, at + wanted.length), what).toEqual(wanted);
      at += wanted.length;
    };
    for (const rater of evaluation.raters) {
      if (rater.kind === 'model') {
        const counts = countPairs(table, rater.name);
        const cells = ['good', 'bad'].flatMap((is) => ['good', 'bad', 'none'].map((said) => `${is} ${said}`));
        expect(rater.failed).toBeGreaterThan(0);
        expectNext(
          cells.map((key) => counts[key] ?? 0),
          'confusion matrix',
        );
        const { average_precision, best } = rater;
        expectNext([...all(average_precision), best.f1, best.threshold], `area of ${rater.name}`);
      } else at += shown.length > at + 4 && rater.failed > 0 ? 6 : 4;
      for (const row of rater.metrics) {
        for (const key of ['precision', 'recall', 'f1'])
          expectNext([row[key], ...range(row.intervals[key])], key);
        expectNext([row.support, row.tp, row.fp, row.fn, row.tn], `${rater.name} ${row.tag}`);
        expectNext([row.accuracy, ...range(row.intervals.accuracy)], 'accuracy');
      }
      expectNext([...all(rater.kappa), rater.failed, rater.error_rate], 'kappa and failures');
      for (const point of rater.sweep) {
        expectNext([point.threshold, point.precision, point.recall, point.f1], 'thresholds');
        expectNext([point.tp, point.fp, point.fn, point.tn], 'thresholds');
      }
    }
    for (const test of evaluation.tests) {
      expectNext([test.only_first, test.only_second, test.exact_p, test.corrected_p], 'McNemar');
    }
    expect(at).toBe(shown.length);
    expect(evaluation.raters.map((rater: { name: string }) => rater.name)).toEqual([
      'a',
      'b',
      'c',
      'ensemble',
    ]);
    // A chart for each model, with its band.
    expect([...markup.matchAll(/<path class="line" d="M[^"]{20,}"/g)].length).toBe(3);
    expect([...markup.matchAll(/<path class="band" d="M[^"]{100,}Z"/g)].length).toBe(3);
  });

  it('shows of the agreement what compare says', async () => {
    const { markup, figures, json } = await report('compare', plainTable(), '--with-ensemble');
    expect(figures).toEqual({ comparison: { ...json, file: 'results.csv' }, evaluation: null });
    expect(markup).not.toContain('id="evaluation"');
    const shown = valuesOf(sectionOf(markup, 'agreement'));
    const over = ['agreement', 'fleiss_kappa', 'alpha', 'tag_alpha'].flatMap((key) => all(json[key]));
    expect(shown.slice(0, over.length)).toEqual(over);
    // Each pair stands twice: kappa above the diagonal, the share of equal labels below.
    const wanted = json.pairs.flatMap(({ kappa, agreement, both, missing }: (typeof json)['pairs'][0]) => [
      ...[...all(kappa), both, missing],
      ...[...all(agreement), both, missing],
    ]);
    expect(shown.slice(over.length).sort()).toEqual(wanted.sort());
    const labels = valuesOf(sectionOf(markup, 'labels'));
    for (const rater of json.raters) {
      for (const rows of [...Object.values(rater.labels), ...Object.values(rater.tags)]) {
        expect(labels).toContain(rows);
      }
    }
    // People: 30 of the rows are bad, three of them without a label.
    expect([labels[0], labels[2]]).toEqual([54, 27]);
  });

  it('writes every figure as its exact value rounds', async () => {
    const { markup } = await report('evaluate', plainTable());
    const found = shownFigures(markup);
    expect(found.length).toBeGreaterThan(300);
    for (const { value, shown } of found) {
      const plain = Number(shown.replace(/[%,<]/g, '')) / (shown.endsWith('%') ? 100 : 1);
      expect(Math.abs(plain - value), shown).toBeLessThanOrEqual(shown.endsWith('%') ? 0.000501 : 0.00501);
    }
  });

  it('is the same bytes each time', async () => {
    const first = await report('evaluate', plainTable());
    expect((await report('evaluate', plainTable())).text).toBe(first.text);
    expect((await report('evaluate', plainTable(), '--seed', '2')).text).not.toBe(first.text);
  });

  it('fetches nothing and runs nothing but its own script', async () => {
    const table = plainTable((row) => `See https://example.test/${row}`);
    const { text, markup, script, style } = await report('evaluate', table);
    const hash = (part: string) => `'sha256-${createHash('sha256').update(part).digest('base64')}'`;
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(text)![1]!;
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${hash(script)}`,
      `style-src ${hash(style)}`,
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
    expect(text.indexOf('Content-Security-Policy')).toBeLessThan(text.indexOf('<style'));
    // The texts of rows are data; nothing else names another place.
    const active = `${markup}${script}${style}`;
    expect(active).not.toMatch(/:\/\/|\burl\(|@import|\bimport\b|\bfetch\(|XMLHttp|innerHTML|\beval\b/);
    for (const { name, attributes } of elementsOf(markup)) {
      expect(['img', 'iframe', 'link', 'object', 'embed', 'audio', 'video', 'base', 'use']).not.toContain(
        name,
      );
      for (const [key, value] of attributes) {
        expect(key).not.toMatch(/^on|^src|^style$|^action$|^formaction$|^data$/);
        if (key === 'href') expect(value).toMatch(/^#[a-z]+$/);
      }
    }
    // Figures, what the script must know, one block of rows, and the script.
    expect([...text.matchAll(/<script\b/g)].length).toBe(4);
  });

  it('leaves texts, and the sentences about them, out when told', async () => {
    const canary = 'canary7f3a';
    const table = plainTable((row) => `${canary} ${row}`).map((row) =>
      row.map((cell) => (String(cell).startsWith('Says') ? `It says ${canary}.` : cell)),
    );
    expect((await report('evaluate', table)).text).toContain(canary);
    for (const command of ['compare', 'evaluate'] as const) {
      const { text, meta, blocks } = await report(command, table, '--report-without-text');
      expect(text).not.toContain(canary);
      expect(meta.texts).toBe(false);
      expect(blocks.flat().length).toBe(90);
    }
  });

  it('names rows by their key when told', async () => {
    const { meta, blocks } = await report('compare', plainTable(), '--key', 'id');
    expect(meta.keys).toBe(true);
    expect(blocks.flat().map((row) => row[1])).toEqual(Array.from({ length: 90 }, (_, row) => String(row)));
  });

  it('survives a table without rows, one model, and one label', async () => {
    const tables = [
      [['ai_a_flag', 'ai_b_flag']],
      [['ai_a_flag'], ['good']],
      [
        ['ai_a_flag', 'ai_b_flag'],
        ['good', 'good'],
        ['good', 'good'],
      ],
    ];
    for (const table of tables) {
      const { blocks, markup } = await report('compare', table);
      expect(blocks.flat().length).toBe(table.length - 1);
      expect(markup).not.toMatch(/NaN|undefined|Infinity|\[object/);
      expect(markup.includes('2 rows are few')).toBe(table.length === 3);
    }
  });

  it.each([
    [['--report', '-'], '--report must name a file'],
    [['--report-without-text'], '--report-without-text needs --report'],
    [['--report', 'results.csv'], 'something else'],
  ])('refuses %j', async (options, words) => {
    const path = await folder.table('results.csv', plainTable());
    const args = options.map((each) => (each === 'results.csv' ? path : each));
    for (const command of ['compare', 'evaluate']) {
      const { code, stderr, stdout } = await runHere([command, path, ...args]);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(words);
    }
  });
});
