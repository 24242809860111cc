/**
 * A value that is more than a string, number or boolean: a moment in time (ISO 8601 text), a number in a spreadsheet's
 * format or as JSON Lines write it, an exact decimal, a spreadsheet's error such as `#N/A`, or a list, struct or map as JSON text.
 */
export interface RichValue {
  readonly kind: 'date' | 'datetime' | 'time' | 'number' | 'decimal' | 'error' | 'json';
  /** What a table of texts shows. */
  readonly text: string;
  /** The number behind it: always for `number`, else from a spreadsheet. */
  readonly serial?: number;
  /** From a spreadsheet: the code of its format, such as `yyyy-mm-dd`. */
  readonly format?: string;
}

/** A cell as a format that knows types keeps it. Null: there is no value. */
export type CellValue = null | string | number | bigint | boolean | RichValue;

/** Empty for null. */
export function textOfValue(value: CellValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? value.text : String(value);
}

/** JSON that holds the value: exact numbers as digits, moments and whatever JSON has no form for as strings. */
export function jsonOfValue(value: CellValue): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return JSON.stringify(String(value));
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const isLiteral = value.kind === 'json' || value.kind === 'number' || value.kind === 'decimal';
  return isLiteral ? value.text : JSON.stringify(value.text);
}
