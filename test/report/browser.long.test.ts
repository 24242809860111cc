import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Folder, newFolder, runHere } from '../cli/command-line.js';
import { BrowserPage, findChromium } from './chromium.js';
import { plainTable } from './pages.js';

const chromium = findChromium();
const ROWS = 50_000;
let folder: Folder;
let page: BrowserPage;
let file: string;
beforeAll(async () => {
  if (chromium === undefined) return;
  folder = await newFolder();
  page = await BrowserPage.open(chromium);
  const table = await folder.table('results.csv', plainTable(undefined, ROWS));
  file = folder.path('report.html');
  const { code } = await runHere(['evaluate', table, '--report', file, '--resamples', '20']);
  expect(code).toBe(0);
});
afterAll(async () => {
  await page?.close();
  await folder?.remove();
});

it.skipIf(chromium === undefined)('a page of 50,000 rows answers at once', async () => {
  const started = performance.now();
  await page.show(file, { width: 1200, height: 900, scheme: 'light' });
  const opened = performance.now() - started;
  const times = await page.evaluate(`(async () => {
    const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const get = (id) => document.getElementById(id);
    const times = {};
    let most = 0;
    const time = async (name, change) => {
      const from = performance.now();
      change();
      await drawn();
      times[name] = performance.now() - from;
      most = Math.max(most, document.querySelectorAll('tr.row').length);
    };
    await time('scroll', () => { get('view').scrollTop = 1e9; });
    await time('scroll back', () => { get('view').scrollTop = 1234; });
    await time('filter', () => { get('filter').value = 'failed'; get('filter').dispatchEvent(new Event('change')); });
    await time('all', () => { get('filter').value = 'all'; get('filter').dispatchEvent(new Event('change')); });
    await time('sort', () => { get('sort').value = 'row'; get('sort').dispatchEvent(new Event('change')); });
    const from = performance.now();
    get('search').value = '#49999 says';
    get('search').dispatchEvent(new Event('input'));
    while (!get('found').textContent.startsWith('1 of')) await drawn();
    times.search = performance.now() - from;
    return { times, most };
  })()`);
  process.stdout.write(`${JSON.stringify({ opened_ms: Math.round(opened), ...times })}\n`);
  expect(opened).toBeLessThan(10_000);
  for (const each of Object.values(times.times)) expect(each).toBeLessThan(1000);
  expect(times.most).toBeLessThan(60);
});
