import type { Estimate } from './compare-raters.js';

const WIDTH = 80;
const LEAST_FIRST = 8;

/**
 * The first column to the left, all others to the right; no spaces at the ends of lines. What does not fit into 80
 * columns is taken off the first one.
 */
export function alignColumns(given: readonly (readonly string[])[], indent = '  '): string[] {
  const width = Math.max(0, ...given.map((row) => row.length));
  const widths = Array.from({ length: width }, (_, at) =>
    Math.max(...given.map((row) => (row[at] ?? '').length)),
  );
  const total = widths.reduce((sum, each) => sum + each + 2, indent.length - 2);
  if (total > WIDTH) widths[0] = Math.max(LEAST_FIRST, widths[0]! - (total - WIDTH));
  const rows = given.map(([first = '', ...rest]) => [shorten(first, widths[0]!), ...rest]);
  return rows.map((row) =>
    `${indent}${row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
      .join('  ')}`.trimEnd(),
  );
}

/** Breaks at spaces, within 80 columns; a word that is longer than a line stays whole. */
export function wrapText(text: string, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = `${indent}  ${word}`;
    } else line = line === '' ? `${indent}${word}` : `${line} ${word}`;
  }
  return [...lines, line];
}

export function shorten(name: string, width: number): string {
  return name.length > width ? `${name.slice(0, width - 1)}~` : name;
}

/** `0.83`, or `-` where it is not defined. */
export function formatValue(value: number | null): string {
  return value === null ? '-' : value.toFixed(2);
}

/** `87.5%` */
export function formatShare(value: number | null): string {
  return value === null ? '-' : `${(100 * value).toFixed(1)}%`;
}

/** `0.61 to 0.74`, or nothing where there is no interval. */
export function formatInterval({ low, high }: Estimate, format = formatValue): string {
  return low === null || high === null ? '' : `${format(low)} to ${format(high)}`;
}

/** `one row`, `2 rows` */
export function countOf(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}
