import { createContext, Script } from 'node:vm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ROW_MODEL_SCRIPT } from '../../src/report/html/row-model-script.js';
import { ROW_VIEW_SCRIPT } from '../../src/report/html/row-view-script.js';

// biome-ignore lint/suspicious/noExplicitAny: what the page's script defines
type Model = any;

/** The page's own script, without a page. */
function loadModel(): Model {
  const names = 'readRows, filtersOf, sortsOf, selectRows';
  return new Script(`'use strict';${ROW_MODEL_SCRIPT}\n({ ${names} })`).runInContext(createContext({}));
}

const META = {
  raters: [
    { name: 'a', ensemble: false, tags: true, confidence: true },
    { name: 'b', ensemble: false, tags: true, confidence: true },
    { name: 'ensemble', ensemble: true, tags: false, confidence: true },
  ],
  labels: ['good', 'bad'],
  tags: ['grammar', 'private'],
  human: true,
  sentences: 3,
};
const code = fc.integer({ min: -2, max: 1 });
const opinion = fc.tuple(
  code,
  fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  fc.integer({ min: -1, max: 3 }),
  fc.constantFrom('', 'x', 'y', 'Zed', 'w'),
  fc.constantFrom('ok', 'invalid_output'),
);
const row = fc
  .tuple(
    fc.constantFrom('', 'Cook', 'cook and drive'),
    fc.integer({ min: -1, max: 1 }),
    opinion,
    opinion,
    opinion,
  )
  .map(([text, human, ...said]) => {
    const differs = said[0]![0] >= 0 && said[1]![0] >= 0 && said[0]![0] !== said[1]![0] ? 1 : 0;
    return [text, '', human, differs, differs + 0.25, ...said.flat()];
  });

it('the page finds and orders rows as a plain reading of them does', () => {
  const model = loadModel();
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 25 }),
      fc.nat(),
      fc.nat(),
      fc.boolean(),
      fc.constantFrom('', 'COOK', 'cook zed', 'grammar bad', 'nothing'),
      (rows, filterAt, sortAt, falling, search) => {
        // Sentences and statuses as the writer puts them: each once, then its number, while there is room.
        const seen = new Map<unknown, number>();
        const short = (value: unknown) => {
          const before = seen.get(value);
          if (before !== undefined) return before;
          if (seen.size < META.sentences) seen.set(value, seen.size);
          return value;
        };
        const packed = rows.map((each) =>
          each.map((value, at) => (at >= 5 && (at - 5) % 5 >= 3 ? short(value) : value)),
        );
        const read = model.readRows(META, [packed.slice(0, 10), packed.slice(10)]);
        expect(JSON.stringify(read)).toBe(JSON.stringify(rows));

        const filters = model.filtersOf(META);
        const sorts = model.sortsOf(META);
        const filter = filters[filterAt % filters.length];
        const sort = sorts[sortAt % sorts.length];
        const found: number[] = [...model.selectRows(META, read, [], { search, filter, sort, falling })];

        const said = (at: number, rater: number) => rows[at]![5 + 5 * rater] as number;
        const tests: Record<string, (at: number) => boolean> = {
          all: () => true,
          differ: (at) => rows[at]![3] === 1,
          failed: (at) => said(at, 0) === -1 || said(at, 1) === -1,
          label1: (at) => said(at, 0) === 1 || said(at, 1) === 1,
          wrong0: (at) => Number(rows[at]![2]) >= 0 && said(at, 0) !== -2 && said(at, 0) !== rows[at]![2],
          unlabelled: (at) => rows[at]![2] === -1,
        };
        const test = tests[filter.id];
        if (test !== undefined && search === '') {
          expect([...found].sort((a, b) => a - b)).toEqual([...rows.keys()].filter(test));
        }
        if (search === 'COOK') expect(found.every((at) => /cook/i.test(String(rows[at]![0])))).toBe(true);
        expect(new Set(found).size).toBe(found.length);
        const keys = found.map((at) => sort.key(read[at], at) as number);
        const defined = keys.filter((key) => !Number.isNaN(key));
        expect(keys.slice(0, defined.length)).toEqual(defined);
        expect(defined).toEqual([...defined].sort((a, b) => (falling ? b - a : a - b)));
      },
    ),
    { numRuns: 500 },
  );
});

it('the scripts are plain scripts that name no way to make HTML or code of text', () => {
  const script = `'use strict';\n${ROW_MODEL_SCRIPT}${ROW_VIEW_SCRIPT}`;
  expect(() => new Script(script)).not.toThrow();
  expect(script).not.toMatch(
    /innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function|<\/?script|`/,
  );
});
