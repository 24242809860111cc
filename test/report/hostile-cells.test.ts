import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { escapeHtml, html, scriptJson } from '../../src/report/html/markup.js';
import { type Folder, newFolder, runHere } from '../cli/command-line.js';
import { columnsOf, elementsOf, readPage, type Table } from './pages.js';

let folder: Folder;
beforeAll(async () => {
  folder = await newFolder();
});
afterAll(() => folder.remove());

const PIECES = [
  '</script>',
  '<script>alert(1)</script>',
  '<!--',
  '-->',
  '</noscript><script>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  "' onmouseover='alert(1)",
  '$' + '{alert(1)}',
  '&lt;b&gt;',
  '\u2028',
  '\u2029',
  '\ud800',
  '\u0000',
  '\u202e',
  ']]>',
  'https://evil.test/x.js',
  '{{',
  '`',
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 6 })), { maxLength: 8 })
  .map((parts) => parts.join(''));
/** Without what a CSV file cannot carry as it is: half characters, NUL, line breaks that a reader may fold. */
const cell = hostile.map((text) => text.replace(/\p{Surrogate}|[\0\r\ufeff]/gu, ''));

it('any text stays text in markup and in data blocks', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const { text: made } = html`<p title="${text}">${text}</p>`;
      expect(made.replace(/&#\d+;/g, '')).toMatch(/^<p title="[^<>"'`&]*">[^<>"'`&]*<\/p>$/);
      const back = escapeHtml(text).replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
      expect(back.length).toBe(text.length);
      const json = scriptJson({ text });
      expect(json).not.toMatch(/[<>\u2028\u2029]/);
      expect(JSON.parse(json)).toEqual({ text });
    }),
    { numRuns: 2000 },
  );
});

it('cells and names of models reach a page as text only, and none is lost', async () => {
  const pageOf = async (table: Table) => {
    const path = await folder.table('results.csv', table);
    const file = folder.path('report.html');
    const { code, stderr } = await runHere(['compare', path, '--report', file, '--resamples', '10']);
    expect([code, stderr]).toEqual([0, `Written: ${file}\n`]);
    return readPage(await readFile(file, 'utf8'));
  };
  const tableOf = (model: string, texts: readonly string[], sentences: readonly string[]): Table => [
    ['about_me', ...columnsOf([model]), 'ai_b_flag'],
    ...texts.map((text, row) => [text, 'bad', sentences[row]!, '', '0.9', 'ok', row % 2 ? 'good' : 'bad']),
  ];
  const tags = (text: string) =>
    elementsOf(text).map(({ name, attributes }) => `${name} ${[...attributes.keys()].join()}`);
  const count = (text: string, what: RegExp) => [...text.matchAll(what)].length;
  const harmless = await pageOf(tableOf('name', ['x', 'x', 'x'], ['y', 'y', 'y']));
  const three = fc.array(cell, { minLength: 3, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(three, three, cell, async (texts, sentences, name) => {
      const model = `n${name}`;
      const page = await pageOf(tableOf(model, texts, sentences));
      // The very elements and attributes of a harmless page.
      expect(tags(page.markup)).toEqual(tags(harmless.markup));
      expect(count(page.markup, /</g)).toBe(count(harmless.markup, /</g));
      expect(count(page.text, /<\/?script|<!--/gi)).toBe(count(harmless.text, /<\/?script|<!--/gi));
      expect(page.script).toBe(harmless.script);
      expect(page.meta.raters[0].name).toBe(model);
      expect(page.blocks.flat().map((row) => row[0])).toEqual(texts);
    }),
    { numRuns: 60 },
  );
});
