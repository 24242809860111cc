import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunScoringError } from '../../../src/foundation/errors.js';
import { failureOf } from '../csv-text.js';
import { fixturePath, readBytes } from '../table-files.js';
import { bookOf, partsOf, textRow, zipOf } from './make-workbook.js';

const HEAD = textRow('id', 'about_me');
const codeOf = async (bytes: Buffer) => (await failureOf(readBytes(bytes, 'in.xlsx'))).code;

describe('workbooks that mean no good', () => {
  it('cannot grow by entities, depth, endless texts or tags', async () => {
    const parts = partsOf([{ name: 'S', rows: `${HEAD}${textRow('1', '&a;')}` }]);
    const sheet = parts['xl/worksheets/s0.xml']!;
    const bomb = `<!DOCTYPE x [<!ENTITY a "${'ha'.repeat(100)}">]>${sheet}`;
    expect(await codeOf(await zipOf({ ...parts, 'xl/worksheets/s0.xml': bomb }))).toBe('INPUT_DAMAGED');
    expect(await codeOf(await zipOf(parts))).toBe('INPUT_DAMAGED');
    expect(await codeOf(await bookOf(`${'<a>'.repeat(100)}${'</a>'.repeat(100)}`))).toBe('INPUT_DAMAGED');
    expect(await codeOf(await bookOf(`${HEAD}${textRow('1', 'x'.repeat(6_000_000))}`))).toBe('INPUT_DAMAGED');
    expect(await codeOf(await bookOf(`${HEAD}<row ${'y'.repeat(6_000_000)}="1"/>`))).toBe('INPUT_DAMAGED');
  });

  it('cannot unpack without end', async () => {
    // A thousandth of its size when packed.
    const blank = ' '.repeat(70 * 1024 * 1024);
    const parts = partsOf([{ name: 'S', rows: HEAD }]);
    const bytes = await zipOf({ ...parts, 'xl/styles.xml': `<styleSheet>${blank}</styleSheet>` });
    expect(bytes.length).toBeLessThan(200_000);
    const before = process.memoryUsage().rss;
    expect(await codeOf(bytes)).toBe('INPUT_TOO_LARGE');
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
    // The same, but the zip file says that the part is small.
    const lying = Buffer.from(bytes);
    const entry = lying.lastIndexOf('xl/styles.xml') - 46;
    expect(lying.readUInt32LE(entry)).toBe(0x02014b50);
    lying.writeUInt32LE(1000, entry + 24);
    expect(await codeOf(lying)).toBe('INPUT_DAMAGED');
  });

  it('cannot have rows and cells where a sheet has none', async () => {
    for (const rows of [
      '<row r="1048577"><c><v>1</v></c></row>',
      '<row r="0"/>',
      '<row r="-1"/>',
      '<row r="2.5"/>',
      '<row r="2"/><row r="2"/>',
      '<row><c r="XFE2"><v>1</v></c></row>',
      '<row><c r="B2"/><c r="A2"/></row>',
      '<row><c r="§2"/></row>',
      '<row><c t="s"><v>5</v></c></row>',
      '<row><c t="s"><v>-1</v></c></row>',
      '<row><c><v>many</v></c></row>',
      '<row><c t="what"><v>1</v></c></row>',
    ]) {
      expect([rows, await codeOf(await bookOf(`${HEAD}${rows}`))]).toEqual([rows, 'INPUT_DAMAGED']);
    }
  });

  it('without their parts, with a part twice, or no zip file at all are damaged', async () => {
    const parts = partsOf([{ name: 'S', rows: HEAD }]);
    for (const name of ['xl/workbook.xml', 'xl/worksheets/s0.xml']) {
      const { [name]: _, ...rest } = parts;
      expect(await codeOf(await zipOf(rest))).toBe('INPUT_DAMAGED');
    }
    const { 'xl/_rels/workbook.xml.rels': _, ...unrelated } = parts;
    expect(await codeOf(await zipOf(unrelated))).toBe('INPUT_SHEET_MISSING');
    // A flipped bit of a part's name: without the styles that the workbook names, its dates would be read as numbers.
    for (const [file, name] of [
      ['openpyxl.xlsx', 'xl/styles.xml'],
      ['xlsxwriter.xlsx', 'xl/sharedStrings.xml'],
    ] as const) {
      const book = readFileSync(fixturePath(file)).toString('latin1');
      const renamed = Buffer.from(book.replaceAll(name, name.replace('s', 'r')), 'latin1');
      expect([name, await codeOf(renamed)]).toEqual([name, 'INPUT_DAMAGED']);
    }
    const one = await zipOf(parts);
    const twice = Buffer.from(one.toString('latin1').replaceAll('xl/styles.xml', 'xl/shared.xml'), 'latin1');
    expect(await codeOf(twice)).toBe('INPUT_DAMAGED');
  });

  it('give named errors without their text, or what they hold, wherever bytes are cut or changed', async () => {
    const names = ['openpyxl.xlsx', 'xlsxwriter.xlsx'] as const;
    const books = names.map((name) => readFileSync(fixturePath(name)));
    const whole = await Promise.all(
      books.map(async (book) => (await readBytes(book, 'in.xlsx')).rows.map((row) => row.cells)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.nat(books.length - 1),
        fc.nat(),
        fc.option(fc.integer({ min: 1, max: 255 })),
        async (which, position, flip) => {
          const book = Buffer.from(books[which]!);
          const at = position % book.length;
          if (flip !== null) book[at]! ^= flip;
          try {
            const { rows } = await readBytes(flip === null ? book.subarray(0, at) : book, 'in.xlsx');
            // What is not looked at may be broken: names, dates, parts of other sheets.
            expect(rows.map((row) => row.cells)).toEqual(whole[which]);
          } catch (error) {
            if (!(error instanceof RunScoringError)) throw error;
            expect(error.code).toMatch(
              /^INPUT_(?:DAMAGED|TOO_LARGE|SHEET_MISSING|EMPTY|FORMAT|ROW_\w+|COLUMN_\w+)$/,
            );
            expect(error.cause).toBeUndefined();
            expect(error.toLine()).not.toMatch(/Cook|text|😀/);
          }
        },
      ),
      { numRuns: 250 },
    );
  });
});
