import { parse as parseWithCsvParse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvWriter } from '../../src/table/csv-writer.js';
import type { FormulaGuard } from '../../src/table/formula-guard.js';
import { guardCell, isRiskyCell } from '../../src/table/formula-guard.js';
import { readCells } from './csv-text.js';

async function write(
  rows: string[][],
  style: {
    delimiter?: string;
    lineBreak?: '\n' | '\r\n' | '\r';
    marked?: boolean;
    guard?: FormulaGuard;
  } = {},
) {
  const parts: Buffer[] = [];
  const writer = new CsvWriter({
    dialect: { delimiter: style.delimiter ?? ',', quote: '"', escape: '"' },
    lineBreak: style.lineBreak ?? '\n',
    marked: style.marked ?? false,
    guard: style.guard ?? 'none',
    firstOutput: 1,
    write: async (bytes) => void parts.push(bytes),
  });
  await writer.writeHeader(rows[0]!);
  for (const row of rows.slice(1)) await writer.writeRow({ cells: row });
  await writer.end();
  return { bytes: Buffer.concat(parts), risky: writer.risky };
}

const piece = fc.constantFrom(
  'a',
  'é',
  '😀',
  '"',
  ',',
  ';',
  '\t',
  '|',
  '\n',
  '\r',
  '\r\n',
  ' ',
  '\0',
  "'",
  '=',
  '\u2028',
  '\uFEFF',
  '\u00a0',
);
const cell = fc.array(piece, { maxLength: 5 }).map((parts) => parts.join(''));
const table = fc
  .integer({ min: 1, max: 4 })
  .chain((width) =>
    fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 }),
  );

describe('writing CSV', () => {
  it('gives back the same cells through our reader and through csv-parse', async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom(',', ';', '\t', '|'),
        fc.constantFrom('\n' as const, '\r\n' as const, '\r' as const),
        fc.boolean(),
        async (rows, delimiter, lineBreak, marked) => {
          const { bytes } = await write(rows, { delimiter, lineBreak, marked });
          // Without a mark of its own, a file that begins with U+FEFF loses it; the writer quotes such a cell.
          expect(await readCells(bytes, { delimiter, onBadRow: 'keep' })).toEqual(rows);
          const other: string[][] = parseWithCsvParse(bytes, {
            delimiter,
            record_delimiter: lineBreak,
            bom: true,
          });
          expect(other).toEqual(rows);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('ends every row, begins with a mark when told to, and quotes only where it must', async () => {
    const { bytes } = await write(
      [
        ['a', 'b'],
        ['1', 'x y'],
        ['', ' z'],
      ],
      { marked: true, lineBreak: '\r\n' },
    );
    expect(bytes.toString()).toBe('\uFEFFa,b\r\n1,x y\r\n," z"\r\n');
  });
});

describe('the formula guard', () => {
  it('knows what spreadsheets take for a formula', () => {
    for (const text of ['=1+1', '+x', '-x', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '+', '-2+3', '--1']) {
      expect([text, isRiskyCell(text)]).toEqual([text, true]);
      expect(guardCell(text)).toBe(`'${text}`);
    }
    for (const text of ['', 'a=1', ' =1', '-3', '+61', '-0.5', "'=1", '{"a":1}']) {
      expect([text, isRiskyCell(text)]).toEqual([text, false]);
      expect(guardCell(text)).toBe(text);
    }
  });

  it('counts and guards by column', async () => {
    const rows = [
      ['=in', '=out'],
      ['=1', '=2'],
      ['x', '@y'],
    ];
    const { bytes, risky } = await write(rows, { guard: 'outputs' });
    expect(bytes.toString()).toBe("=in,=out\n=1,'=2\nx,'@y\n");
    expect(risky).toEqual({ input: 1, output: 2 });
    expect((await write(rows, { guard: 'all' })).bytes.toString()).toBe("'=in,'=out\n'=1,'=2\nx,'@y\n");
    expect((await write(rows, { guard: 'none' })).bytes.toString()).toBe('=in,=out\n=1,=2\nx,@y\n');
  });
});
