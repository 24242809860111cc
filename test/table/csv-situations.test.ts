import { describe, expect, it } from 'vitest';
import { failureOf, readCells, readCsv } from './csv-text.js';

/** The twelve situations of the csv-spectrum collection, each with data of our own. */
const SITUATIONS: Record<string, [string, string[][]]> = {
  'commas in quotes': [
    'name,address\nMae,"4 Hill Rd, Yass, NSW"\n',
    [
      ['name', 'address'],
      ['Mae', '4 Hill Rd, Yass, NSW'],
    ],
  ],
  'empty cells': [
    'p,q,r\n1,"",""\n"",3,4\n',
    [
      ['p', 'q', 'r'],
      ['1', '', ''],
      ['', '3', '4'],
    ],
  ],
  'empty cells, CRLF': [
    'p,q,r\r\n1,"",""\r\n"",3,4\r\n',
    [
      ['p', 'q', 'r'],
      ['1', '', ''],
      ['', '3', '4'],
    ],
  ],
  'doubled quotes': [
    'p,q\n1,"say ""hi"" now"\n3,"""x"""\n',
    [
      ['p', 'q'],
      ['1', 'say "hi" now'],
      ['3', '"x"'],
    ],
  ],
  'JSON in a cell': [
    'k,v\n1,"{""type"": ""Point"", ""at"": [1, 2.5]}"\n',
    [
      ['k', 'v'],
      ['1', '{"type": "Point", "at": [1, 2.5]}'],
    ],
  ],
  'line breaks in cells': [
    'p,q,r\n1,2,3\n"One\nline\n\nmore",5,6\n',
    [
      ['p', 'q', 'r'],
      ['1', '2', '3'],
      ['One\nline\n\nmore', '5', '6'],
    ],
  ],
  'line breaks in cells, CRLF': [
    'p,q\r\n"One\r\nline",5\r\n6,"\r\n"\r\n',
    [
      ['p', 'q'],
      ['One\r\nline', '5'],
      ['6', '\r\n'],
    ],
  ],
  'quotes and line breaks': [
    'p,q\n1,"ha\n""ha""\nha"\n',
    [
      ['p', 'q'],
      ['1', 'ha\n"ha"\nha'],
    ],
  ],
  simple: [
    'p,q,r\n1,2,3\n',
    [
      ['p', 'q', 'r'],
      ['1', '2', '3'],
    ],
  ],
  'simple, CRLF': [
    'p,q,r\r\n1,2,3',
    [
      ['p', 'q', 'r'],
      ['1', '2', '3'],
    ],
  ],
  'UTF-8': [
    'p,q\n7,ʤ\n8,Жук 🪲\n',
    [
      ['p', 'q'],
      ['7', 'ʤ'],
      ['8', 'Жук 🪲'],
    ],
  ],
};

describe('situations that CSV readers get wrong', () => {
  it.each(Object.entries(SITUATIONS))('%s', async (_, [text, cells]) => {
    expect(await readCells(text)).toEqual(cells);
  });

  it('coordinates: bare quotes inside an unquoted cell are refused by name, or kept as they are, marked', async () => {
    const text = `phone,place,town\n0200,33°51'31.2"S 151°12'51.0"E,Sydney\n0201,x,Yass\n`;
    const error = await failureOf(readCsv(text));
    expect([error.code, error.at.line]).toEqual(['INPUT_ROW_QUOTE', 2]);
    const { rows } = await readCsv(text, { onBadRow: 'keep' });
    expect(rows[0]).toMatchObject({
      fault: 'quote',
      cells: ['0200', `33°51'31.2"S 151°12'51.0"E`, 'Sydney'],
    });
    expect(rows[1]).toMatchObject({ fault: null, cells: ['0201', 'x', 'Yass'] });
  });
});
