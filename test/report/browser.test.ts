import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Folder, newFolder, runHere } from '../cli/command-line.js';
import { BrowserPage, findChromium } from './chromium.js';
import { plainTable } from './pages.js';

const chromium = findChromium();
const WIDE = { width: 1200, height: 900, scheme: 'light' } as const;
/** Two frames, so that what a change draws is there. */
const DRAWN = 'await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))';

describe.skipIf(chromium === undefined)(
  `in a browser${chromium === undefined ? ' (skipped: there is no Chromium here)' : ''}`,
  () => {
    let folder: Folder;
    let page: BrowserPage;
    let file: string;
    beforeAll(async () => {
      folder = await newFolder();
      page = await BrowserPage.open(chromium!);
      const hostile = (row: number) =>
        `<img src=x onerror="window.broken=1"></script><script>window.broken=1</script>${row}`;
      const table = await folder.table('results.csv', plainTable(hostile, 3000));
      file = folder.path('report.html');
      const { code } = await runHere(['evaluate', table, '--report', file, '--resamples', '20']);
      expect(code).toBe(0);
    });
    afterAll(async () => {
      await page?.close();
      await folder?.remove();
    });

    it('opens from disk under its own policy, asks nothing of a network, runs no cell', async () => {
      await page.show(file, WIDE);
      expect(await page.evaluate('document.querySelectorAll("tr.row").length')).toBeGreaterThan(5);
      expect(await page.evaluate('document.querySelectorAll("tr.row").length')).toBeLessThan(60);
      expect(await page.evaluate('document.querySelector("tr.row .clamp").textContent')).toMatch(
        /^<img src=x .*0$/,
      );
      expect(await page.evaluate('window.broken')).toBeUndefined();
      expect(await page.evaluate('document.querySelectorAll("img").length')).toBe(0);
      expect(page.requests.filter((url) => url !== `file://${file}` && url !== 'about:blank')).toEqual([]);
      expect(page.problems).toEqual([]);
    });

    it('scrolls, filters, sorts and searches all rows', async () => {
      await page.show(file, WIDE);
      const found = await page.evaluate(`(async () => {
      const get = (id) => document.getElementById(id);
      const first = () => document.querySelector('tr.row button').textContent;
      const last = () => [...document.querySelectorAll('tr.row button')].at(-1).textContent;
      const change = async (id, value) => {
        get(id).value = value;
        get(id).dispatchEvent(new Event(id === 'search' ? 'input' : 'change'));
        await new Promise((done) => setTimeout(done, id === 'search' ? 200 : 0));
        ${DRAWN};
      };
      const said = {};
      get('view').scrollTop = 1e9;
      ${DRAWN};
      said.last = last();
      await change('filter', 'failed');
      said.failed = get('found').textContent;
      said.first = first();
      await change('filter', 'all');
      await change('search', '#2999 SAYS');
      said.search = get('found').textContent;
      await change('search', '');
      await change('sort', 'row');
      said.order = first();
      said.sorted = document.querySelector('#grid th.number').getAttribute('aria-sort');
      return said;
    })()`);
      const table = plainTable(undefined, 3000).slice(1);
      const failed = table.filter((row) => row.includes('invalid_output')).length;
      expect(found).toMatchObject({ last: '3,000', failed: `${failed} of 3,000 rows`, first: '5' });
      expect(found.search).toBe('1 of 3,000 rows');
      expect(found).toMatchObject({ order: '3,000', sorted: 'descending' });
    });

    it('is used from the keyboard: rows by arrows, a row in full, back to the row', async () => {
      await page.show(file, WIDE);
      const key = async (name: string, code: number) => {
        const event = { key: name, code: name, windowsVirtualKeyCode: code };
        await page.send('Input.dispatchKeyEvent', {
          type: name === 'Enter' ? 'keyDown' : 'rawKeyDown',
          text: name === 'Enter' ? '\r' : '',
          ...event,
        });
        await page.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
      };
      await page.evaluate('document.querySelector("tr.row button").focus()');
      for (let at = 0; at < 25; at++) await key('ArrowDown', 40);
      expect(await page.evaluate('document.activeElement.textContent')).toBe('26');
      await key('Enter', 13);
      expect(await page.evaluate('document.getElementById("detail").open')).toBe(true);
      await key('ArrowRight', 39);
      expect(await page.evaluate('document.getElementById("detail-title").textContent')).toBe('Row 27');
      await key('Escape', 27);
      await page.evaluate(`(async () => { ${DRAWN} })()`);
      expect(await page.evaluate('document.getElementById("detail").open')).toBe(false);
      expect(await page.evaluate('document.activeElement.textContent')).toBe('27');
    });

    it.each([
      [1200, 'light'],
      [1200, 'dark'],
      [400, 'light'],
      [400, 'dark'],
    ] as const)(
      'fits a window of %i pixels, %s, and text stands out from its ground',
      async (width, scheme) => {
        await page.show(file, { width, height: 800, scheme });
        const spare = 'document.documentElement.clientWidth - document.documentElement.scrollWidth';
        expect(await page.evaluate(spare)).toBe(0);
        // WCAG 2 contrast of the page's ink, of soft text and of links on the sections' ground.
        const ratios = await page.evaluate(`(() => {
      const light = (colour) => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => Number(part) / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ground = light(getComputedStyle(document.querySelector('main > section')).backgroundColor);
      return ['h2', 'caption', 'summary'].map((name) => {
        const ink = light(getComputedStyle(document.querySelector('main ' + name)).color);
        return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
      });
    })()`);
        for (const ratio of ratios) expect(ratio).toBeGreaterThan(4.5);
        expect(ratios[0] > 7).toBe(true);
        const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
        expect(ground).toMatch(scheme === 'dark' ? /rgb\(\d\d, / : /rgb\(2\d\d, /);
      },
    );

    it.each([
      [1200, 'light', 'nothing open'],
      [1200, 'dark', 'nothing open'],
      [400, 'light', 'nothing open'],
      [1200, 'light', 'a row open'],
      [400, 'dark', 'a row open'],
    ] as const)('axe finds no violation at %i pixels, %s, %s', async (width, scheme, state) => {
      await page.show(file, { width, height: 900, scheme });
      await page.evaluate(
        readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'),
      );
      if (state === 'a row open') await page.evaluate('document.querySelector("tr.row button").click()');
      const { violations, rules } = await page.evaluate(`(async () => {
      const { violations, passes } = await axe.run(document, { resultTypes: ['violations'] });
      return { rules: passes.length, violations: violations.map(({ id, help, nodes }) => [id, help, nodes[0].html]) };
    })()`);
      expect(violations).toEqual([]);
      expect(rules).toBeGreaterThan(20);
    });

    it('prints the first rows of the choice in full, and says how many more there are', async () => {
      await page.show(file, WIDE);
      const printed = await page.evaluate(`(() => {
      dispatchEvent(new Event('beforeprint'));
      const said = [document.querySelectorAll('tr.row').length, document.querySelector('tr.more').textContent];
      dispatchEvent(new Event('afterprint'));
      return [...said, document.querySelectorAll('tr.row').length < 60];
    })()`);
      expect(printed).toEqual([300, 'and 2,700 more: search or filter before printing', true]);
    });
  },
);
