import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CellValue } from '../../../src/table/cell-value.js';
import { DATE_FORMAT, DATETIME_FORMAT, serialOf } from '../../../src/table/xlsx/spreadsheet-dates.js';
import { XlsxWriter } from '../../../src/table/xlsx/xlsx-writer.js';
import { failureOf } from '../csv-text.js';
import { readBytes } from '../table-files.js';
import { partsText } from './parts-text.js';

type Row = readonly CellValue[];

async function write(
  rows: readonly Row[],
  options: Partial<ConstructorParameters<typeof XlsxWriter>[1]> = {},
) {
  const header = (rows[0] ?? ['']).map((_, at) => `column ${at}`);
  const chunks: Buffer[] = [];
  const writer = new XlsxWriter(header, {
    guard: 'outputs',
    firstOutput: header.length,
    numbers: new Set(['ai_m_confidence']),
    file: 'out.xlsx',
    sheet: 'Sheet1',
    write: async (bytes) => void chunks.push(Buffer.from(bytes)),
    ...options,
  });
  await writer.writeHeader(header);
  for (const [row, values] of rows.entries()) {
    const cells = values.map((value) => (typeof value === 'string' ? value : ''));
    await writer.writeRow({ cells, from: { row, line: row + 2, cells, fault: null, values } });
  }
  await writer.end();
  return Buffer.concat(chunks);
}

/** Everything that a JavaScript string can hold: control characters, lone surrogates, and what looks like an escape. */
const texts = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    '_x0041_',
    '_x005F_x0041_',
    '_x00',
    ' lead',
    'trail ',
    '\r\n',
    '\r',
    '007',
    '1e5',
    '=1+1',
    'TRUE',
    '#N/A',
    ']]>',
    '\ud800',
    '\ufffe',
  ),
);
const serials = fc
  .integer({ min: 61 * 86_400_000, max: 2_958_465 * 86_400_000 })
  .map((ms) => ms / 86_400_000);
const values: fc.Arbitrary<CellValue> = fc.oneof(
  texts,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n }),
  fc.constantFrom('#N/A', '#DIV/0!', '#VALUE!').map((text) => ({ kind: 'error', text }) as const),
);

describe('a workbook', () => {
  it('gives back every text, number, boolean and error as it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(values, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 6 }),
        async (rows) => {
          const whole = rows.map((row): Row => ['row', ...row]);
          const { rows: read } = await readBytes(await write(whole), 'in.xlsx');
          // Nothing and an empty text are both an empty cell; -0 is 0.
          const wanted = whole.map((row) =>
            row.map((value) =>
              value === ''
                ? null
                : typeof value === 'bigint'
                  ? Number(value)
                  : Object.is(value, -0)
                    ? 0
                    : value,
            ),
          );
          expect(read.map((row) => row.values)).toEqual(wanted);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('gives back moments to the millisecond, with their formats', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(serials, { minLength: 1, maxLength: 20 }), async (given) => {
        const rows = given.map((serial): Row => {
          const moment = new Date(Date.UTC(1899, 11, 30) + Math.round(serial * 86_400_000)).toISOString();
          return [
            { kind: 'datetime', text: moment.slice(0, -1).replace(/\.000$/, '') },
            { kind: 'date', text: moment.slice(0, 10) },
            { kind: 'time', text: moment.slice(11, 19) },
          ];
        });
        const { rows: read } = await readBytes(await write(rows), 'in.xlsx');
        for (const [at, row] of read.entries()) {
          expect(row.cells).toEqual(rows[at]!.map((value) => (value as { text: string }).text));
          expect(row.values!.map((value) => (value as { format: string }).format)).toEqual([
            DATETIME_FORMAT,
            DATE_FORMAT,
            'hh:mm:ss',
          ]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('has text where a sheet has no exact value', async () => {
    const rows: Row[] = [
      [2n ** 60n, Number.POSITIVE_INFINITY, Number.NaN],
      [
        { kind: 'decimal', text: '1234567890.1234567890' },
        { kind: 'datetime', text: '2024-01-01T00:00:00Z' },
        { kind: 'datetime', text: '2024-01-01T00:00:00.0000001' },
      ],
      [
        { kind: 'date', text: '1800-01-01' },
        { kind: 'json', text: '{"a":1}' },
        { kind: 'decimal', text: '-0.50' },
      ],
    ];
    const { rows: read } = await readBytes(await write(rows), 'in.xlsx');
    expect(read.map((row) => row.values)).toEqual([
      ['1152921504606846976', 'Infinity', 'NaN'],
      ['1234567890.1234567890', '2024-01-01T00:00:00Z', '2024-01-01T00:00:00.0000001'],
      ['1800-01-01', '{"a":1}', { kind: 'number', text: '-0.5', serial: -0.5, format: '0.00' }],
    ]);
    expect(serialOf({ kind: 'time', text: '25:00:00' })?.serial).toBeCloseTo(25 / 24, 12);
  });

  it('never cuts a text: 32,767 characters are held, one more is an error with row and column', async () => {
    const most = `${'😀'.repeat(16_383)}x`;
    expect(most).toHaveLength(32_767);
    const { rows } = await readBytes(await write([[most, 'x']]), 'in.xlsx');
    expect(rows[0]!.cells[0]).toBe(most);
    const error = await failureOf(
      write([
        ['a', 'b'],
        ['a', `${most}!`],
      ]),
    );
    expect(error).toMatchObject({
      code: 'OUTPUT_CELL_TOO_LONG',
      at: { file: 'out.xlsx', row: 2, field: 'column 1' },
    });
  });

  it('keeps risky texts as they are, as texts that stay so when they are edited', async () => {
    const cell = (guard: 'none' | 'outputs' | 'all', firstOutput: number) =>
      write([['=1+1', '-3']], { guard, firstOutput }).then(partsText);
    const guarded = 's="2" t="inlineStr"><is><t xml:space="preserve">=1+1';
    expect(await cell('outputs', 0)).toContain(guarded);
    expect(await cell('all', 2)).toContain(guarded);
    for (const plain of [await cell('outputs', 2), await cell('none', 0)]) {
      expect(plain).not.toContain(guarded);
      expect(plain).toContain('>=1+1<');
    }
    expect(await cell('outputs', 0)).toContain('quotePrefix="1"');
    expect(await cell('outputs', 0)).not.toContain('s="2" t="inlineStr"><is><t xml:space="preserve">-3');
  });

  it('is the same to the byte each time, and its writer tells of a write that fails', async () => {
    const rows = Array.from({ length: 3000 }, (_, i): Row => [i, `text ${i} ${'é'.repeat(i % 300)}`]);
    expect((await write(rows)).equals(await write(rows))).toBe(true);
    let calls = 0;
    const full = Object.assign(new Error('ENOSPC: made up'), { code: 'ENOSPC' });
    const failing = write(rows, {
      write: async () => {
        calls += 1;
        if (calls > 1) throw full;
      },
    });
    await expect(failing).rejects.toBe(full);
  });
});
