import type { SchemaElement, SchemaTree } from 'hyparquet';
import { type CellValue, jsonOfValue, type RichValue } from '../cell-value.js';
import { isList, isMap } from './parquet-schema.js';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const DAY_NS = 86_400_000_000_000n;
/** What a `Date` can show. */
const MAX_DATE_MS = 8_640_000_000_000_000n;

export type Decoder = (stored: unknown) => CellValue;

/** What bytes are of which the schema does not say whether they are text: older writers leave texts unmarked. */
export type UnmarkedBytes = 'text' | 'base64';

/**
 * What the stored values of a column mean. Throws TypeError for a text that is no UTF-8.
 * Lists, structs and maps become JSON text: maps as objects where their keys are texts that differ, else as lists of `[key, value]`.
 */
export function decoderOf(node: SchemaTree, unmarked: UnmarkedBytes): Decoder {
  const decode =
    node.children.length === 0 ? leafDecoder(node.element, unmarked) : nestedDecoder(node, unmarked);
  return (stored) => (stored === null || stored === undefined ? null : decode(stored));
}

export function hasUnmarkedBytes({ element, children }: SchemaTree): boolean {
  return isUnmarked(element) || children.some(hasUnmarkedBytes);
}

function isUnmarked({ type, converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return type === 'BYTE_ARRAY' && converted === undefined && logical === undefined;
}

function nestedDecoder(node: SchemaTree, unmarked: UnmarkedBytes): Decoder {
  const json = (text: string): RichValue => ({ kind: 'json', text });
  if (isList(node)) {
    const element = decoderOf(node.children[0]!.children[0]!, unmarked);
    return (stored) => json(`[${(stored as unknown[]).map((each) => jsonOfValue(element(each))).join(',')}]`);
  }
  const fields = (isMap(node) ? node.children[0]!.children : node.children).map((child) => ({
    name: child.element.name,
    decode: decoderOf(child, unmarked),
  }));
  if (!isMap(node)) {
    const members = fields.map(({ name, decode }) => ({ key: JSON.stringify(name), name, decode }));
    return (stored) => {
      const values = stored as Record<string, unknown>;
      return json(
        `{${members.map(({ key, name, decode }) => `${key}:${jsonOfValue(decode(values[name]))}`).join(',')}}`,
      );
    };
  }
  const [key, value] = fields;
  const repeated = node.children[0]!.element.name;
  return (stored) => {
    const entries = (stored as Record<string, { key: unknown; value: unknown }[]>)[repeated]!;
    const pairs = entries.map(
      (entry) => [key!.decode(entry.key), jsonOfValue(value!.decode(entry.value))] as const,
    );
    const isObject =
      pairs.every(([name]) => typeof name === 'string') &&
      new Set(pairs.map(([name]) => name)).size === pairs.length;
    return json(
      isObject
        ? `{${pairs.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`
        : `[${pairs.map(([name, text]) => `[${jsonOfValue(name)},${text}]`).join(',')}]`,
    );
  };
}

function leafDecoder(element: SchemaElement, unmarked: UnmarkedBytes): Decoder {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') {
    const scale = logical?.type === 'DECIMAL' ? logical.scale : (element.scale ?? 0);
    return (stored) => ({ kind: 'decimal', text: decimalText(wholeNumber(stored), scale) });
  }
  if (logical?.type === 'FLOAT16') return (stored) => halfFloat(stored as Uint8Array);
  if (logical?.type === 'UUID') return (stored) => uuid(stored as Uint8Array);
  switch (type) {
    case 'BOOLEAN':
      return (stored) => stored as boolean;
    case 'FLOAT':
      return (stored) => shortestFloat(stored as number);
    case 'DOUBLE':
      return (stored) => stored as number;
    case 'INT96':
      // Nanoseconds since 1970 by now.
      return (stored) => moment(stored as bigint, 'datetime', '', 9);
    case 'INT32':
      return int32Decoder(element);
    case 'INT64':
      return int64Decoder(element);
    default:
      return bytesDecoder(element, unmarked);
  }
}

function int32Decoder({ converted_type: converted, logical_type: logical }: SchemaElement): Decoder {
  if (converted === 'DATE' || logical?.type === 'DATE') {
    return (stored) => moment(BigInt(stored as number) * DAY_NS, 'date', '');
  }
  if (converted === 'TIME_MILLIS' || logical?.type === 'TIME') {
    return (stored) => timeOfDay(BigInt(stored as number) * 1_000_000n, 3);
  }
  const unsigned = converted === 'UINT_32' || (logical?.type === 'INTEGER' && !logical.isSigned);
  return unsigned ? (stored) => (stored as number) >>> 0 : (stored) => stored as number;
}

const NS_PER_UNIT = { MILLIS: 1_000_000n, MICROS: 1_000n, NANOS: 1n } as const;
const DIGITS = { MILLIS: 3, MICROS: 6, NANOS: 9 } as const;

function int64Decoder({ converted_type: converted, logical_type: logical }: SchemaElement): Decoder {
  if (converted?.startsWith('TIMESTAMP_') === true || logical?.type === 'TIMESTAMP') {
    // The older annotation means UTC.
    const { unit, isAdjustedToUTC } =
      logical?.type === 'TIMESTAMP'
        ? logical
        : {
            unit: converted === 'TIMESTAMP_MILLIS' ? ('MILLIS' as const) : ('MICROS' as const),
            isAdjustedToUTC: true,
          };
    const zone = isAdjustedToUTC ? 'Z' : '';
    return (stored) => moment((stored as bigint) * NS_PER_UNIT[unit], 'datetime', zone, DIGITS[unit]);
  }
  if (converted === 'TIME_MICROS' || logical?.type === 'TIME') {
    const unit = logical?.type === 'TIME' ? logical.unit : 'MICROS';
    return (stored) => timeOfDay((stored as bigint) * NS_PER_UNIT[unit], DIGITS[unit]);
  }
  const unsigned = converted === 'UINT_64' || (logical?.type === 'INTEGER' && !logical.isSigned);
  return unsigned ? (stored) => BigInt.asUintN(64, stored as bigint) : (stored) => stored as bigint;
}

function bytesDecoder(element: SchemaElement, unmarked: UnmarkedBytes): Decoder {
  const { converted_type: converted, logical_type: logical } = element;
  const isText =
    converted === 'UTF8' ||
    converted === 'ENUM' ||
    logical?.type === 'STRING' ||
    logical?.type === 'ENUM' ||
    (unmarked === 'text' && isUnmarked(element));
  if (isText) return (stored) => strictUtf8.decode(stored as Uint8Array);
  if (converted === 'JSON' || logical?.type === 'JSON') return (stored) => jsonText(stored as Uint8Array);
  return (stored) => Buffer.from(stored as Uint8Array).toString('base64');
}

function jsonText(stored: Uint8Array): CellValue {
  const text = strictUtf8.decode(stored);
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : { kind: 'json', text };
  } catch {
    return text;
  }
}

function wholeNumber(stored: unknown): bigint {
  if (!(stored instanceof Uint8Array)) return BigInt(stored as number | bigint);
  if (stored.length === 0) return 0n;
  return BigInt.asIntN(stored.length * 8, BigInt(`0x${Buffer.from(stored).toString('hex')}`));
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale <= 0) return `${unscaled}${'0'.repeat(unscaled === 0n ? 0 : -scale)}`;
  const digits = `${unscaled < 0n ? -unscaled : unscaled}`.padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** The fewest digits that give the same 32-bit float again. */
function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

function halfFloat(bytes: Uint8Array): number {
  const bits = bytes[0]! | (bytes[1]! << 8);
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? (sign * fraction) / 2 ** 24 : sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

function uuid(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** ISO 8601 to as many digits of the second as are not zero; beyond the calendar of JavaScript the plain count. */
function moment(ns: bigint, kind: 'date' | 'datetime', zone: string, digits = 9): RichValue {
  const ms = ns / 1_000_000n - (ns % 1_000_000n < 0n ? 1n : 0n);
  if (ms > MAX_DATE_MS || ms < -MAX_DATE_MS) return { kind: 'decimal', text: `${ns}` };
  const iso = new Date(Number(ms)).toISOString();
  if (kind === 'date') return { kind, text: iso.slice(0, iso.indexOf('T')) };
  const second = iso.slice(0, iso.lastIndexOf('.'));
  return { kind, text: `${second}${fraction(ns, digits)}${zone}` };
}

function timeOfDay(ns: bigint, digits: number): RichValue {
  const seconds = Number(ns / 1_000_000_000n);
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return { kind: 'time', text: `${clock}${fraction(ns, digits)}` };
}

function fraction(ns: bigint, digits: number): string {
  const rest = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const text = `${rest}`.padStart(9, '0').slice(0, digits).replace(/0+$/, '');
  return text === '' ? '' : `.${text}`;
}
