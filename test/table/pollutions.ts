import type { CsvReadOptions } from '../../src/table/read-csv.js';

/**
 * One clean, fully quoted table and the ways in which real files depart from it, one at a time, after the pollution
 * classes of the Pollock benchmark (VLDB 16, p. 1870). Generator and data are this project's own.
 */
export interface PollutedFile {
  readonly name: string;
  /** Rendered when asked for. */
  readonly bytes: () => Buffer;
  /** What the file means: its header and records. */
  readonly header: readonly string[];
  readonly records: readonly (readonly string[])[];
  /** The declared dialect. */
  readonly options: CsvReadOptions;
}

export const COLUMN = 'about_me';
const WIDTH = 9;
const ROWS = 84;

interface Style {
  delimiter: string;
  quote: string;
  escape: string;
  lineBreak: string;
}

const PLAIN: Style = { delimiter: ',', quote: '"', escape: '"', lineBreak: '\r\n' };

const WORDS =
  'steady careful forklift nurse warehouse, kitchen "LF" licence years team; night shift | café 😀 1,200 -5 2021-03-04'.split(
    ' ',
  );

/** Header and records; cells with delimiters, quotes, line breaks, and empty ones. */
export function cleanTable(): string[][] {
  const header = ['id', COLUMN, 'name', 'town', 'date', 'amount', 'code', 'note', 'last'];
  const rows = [header];
  for (let row = 1; row < ROWS; row++) {
    const word = (k: number) => WORDS[(row * 7 + k * 5) % WORDS.length]!;
    rows.push([
      `${row}`,
      `${word(1)} ${word(2)}${row % 9 === 0 ? '\r\nsecond line' : ''} ${word(3)} ${row}`,
      `${word(4)} ${row}`,
      row % 6 === 0 ? '' : `town ${row % 11}`,
      `2021-${String(1 + (row % 12)).padStart(2, '0')}-03`,
      `${row * 10}.50`,
      row % 10 === 0 ? `it's ${row}` : `c${row}`,
      row % 13 === 0 ? '' : word(6),
      `z${row}`,
    ]);
  }
  return rows;
}

function cellText(cell: string, style: Style): string {
  const { quote, escape: mark } = style;
  return `${quote}${quote === '' ? cell : cell.replaceAll(quote, `${mark}${quote}`)}${quote}`;
}

/** `between(row, col)` is what stands before cell `col`. */
function render(
  rows: readonly (readonly string[])[],
  style: Style,
  between?: (row: number, col: number) => string,
): string {
  const delimiterAt = between ?? ((_row: number, col: number) => (col === 0 ? '' : style.delimiter));
  return rows
    .map(
      (row, r) => row.map((cell, c) => delimiterAt(r, c) + cellText(cell, style)).join('') + style.lineBreak,
    )
    .join('');
}

function hex(text: string): string {
  return [...text].map((char) => `0x${char.charCodeAt(0).toString(16).toUpperCase()}`).join('_') || 'none';
}

export function pollutedFiles(): PollutedFile[] {
  const rows = cleanTable();
  const [header, ...records] = rows as [string[], ...string[][]];
  const files: PollutedFile[] = [];
  const add = (
    name: string,
    text: () => string,
    meaning: { header?: string[]; records?: string[][] } = {},
    options: CsvReadOptions = {},
  ) =>
    files.push({
      name,
      bytes: () => Buffer.from(text()),
      header: meaning.header ?? header,
      records: meaning.records ?? records,
      options: { delimiter: ',', ...options },
    });
  const whole = () => render(rows, PLAIN);

  add('source', whole);
  add('file_no_payload', () => '', { header: [], records: [] });
  add('file_no_trailing_newline', () => whole().slice(0, -2));
  add('file_double_trailing_newline', () => `${whole()}\r\n`);
  add('file_no_header', () => render(records, PLAIN), { header: records[0]!, records: records.slice(1) });
  add('file_header_multirow_2', () => render([header, ...rows], PLAIN));
  add('file_header_multirow_3', () => render([header, header, ...rows], PLAIN));
  add(
    'file_preamble',
    () => `"PREAMBLE"${',""'.repeat(WIDTH - 1)}\r\n${'"",'.repeat(WIDTH - 1)}""\r\n${whole()}`,
  );
  for (const [kind, width] of [
    ['less', 8],
    ['same', 9],
    ['more', 10],
  ] as const) {
    const second = rows.map((row) => (width > WIDTH ? [...row, row.at(-1)!] : row.slice(0, width)));
    add(`file_multitable_${kind}`, () => whole() + render(second, PLAIN), {
      records: [...records, ...second],
    });
  }
  add('file_header_only', () => render([header], PLAIN), { records: [] });
  add('file_one_data_row', () => render(rows.slice(0, 2), PLAIN), { records: records.slice(0, 1) });
  for (const lineBreak of ['\n', '\r'])
    add(`file_record_delimiter_${hex(lineBreak)}`, () => render(rows, { ...PLAIN, lineBreak }));
  for (const delimiter of [';', '\t', ', ', ' ']) {
    add(
      `file_field_delimiter_${hex(delimiter)}`,
      () => render(rows, { ...PLAIN, delimiter }),
      {},
      { delimiter },
    );
  }
  add(
    'file_quotation_char_0x27',
    () => render(rows, { ...PLAIN, quote: "'", escape: "'" }),
    {},
    { quote: "'" },
  );
  add('file_escape_char_0x5C', () => render(rows, { ...PLAIN, escape: '\\' }), {}, { escape: '\\' });
  add('file_escape_char_none', () => render(rows, { ...PLAIN, escape: '' }), {}, { escape: '' });

  for (let row = 0; row < ROWS; row++) {
    for (let col = 0; col < WIDTH; col++) {
      const at = (text: string) => (r: number, c: number) =>
        r === row && c === col ? text : c === 0 ? '' : ',';
      add(`row_more_sep_row${row}_col${col}`, () => render(rows, PLAIN, at(col === 0 ? ',' : ',,')));
      if (col > 0) add(`row_less_sep_row${row}_col${col}`, () => render(rows, PLAIN, at('')));
      const cell = rows[row]![col]!;
      const before = col === 0 ? '' : ',';
      const quoted = rows.map((cells, r) =>
        r === row ? cells.map((text, c) => (c === col ? `"${text}` : text)) : cells,
      );
      // The added quote is not escaped.
      const text = () =>
        render(rows, PLAIN, (r, c) => (r === row && c === col ? `${before}"` : c === 0 ? '' : ','));
      add(`row_extra_quote_row${row}_col${col}${cell === '' ? '_empty' : ''}`, text, {
        header: quoted[0]!,
        records: quoted.slice(1),
      });
    }
    add(`row_field_delimiter_${row}_0x20`, () =>
      render(rows, PLAIN, (r, c) => (c === 0 ? '' : r === row ? ' ' : ',')),
    );
  }
  return files;
}
