import { RunScoringError } from '../foundation/errors.js';

/** How the cells of a file are set apart. Each is one character or more, never a line break. */
export interface CsvDialect {
  readonly delimiter: string;
  /** Empty: cells are never quoted. */
  readonly quote: string;
  /** Stands before a quote inside a quoted cell; usually the quote itself. Empty: a quoted cell holds no quotes. */
  readonly escape: string;
}

/** The delimiters that are looked for when none is given, in the order in which a tie is decided. */
export const SNIFFED_DELIMITERS = [',', ';', '\t', '|'] as const;

const NAMES: Record<string, string> = {
  tab: '\t',
  '\\t': '\t',
  comma: ',',
  semicolon: ';',
  pipe: '|',
  space: ' ',
};

/** Reads what a person types for a delimiter: the character itself, or `tab`. @throws RunScoringError USAGE_DELIMITER */
export function parseDelimiter(text: string): string {
  const delimiter = NAMES[text.toLowerCase()] ?? text;
  if (delimiter.length >= 1 && delimiter.length <= 4 && !/[\r\n"A-Za-z0-9]/.test(delimiter)) return delimiter;
  throw new RunScoringError(
    'USAGE_DELIMITER',
    `${JSON.stringify(text.slice(0, 20))} cannot be a delimiter.`,
    {
      hint: 'Give one character such as , ; | or the word tab.',
    },
  );
}
