import type { DataFrame } from './data-frame.js';
import type { ResultColumn } from './score-texts.js';

/** What of a Table of apache-arrow is used, and of the classes that it is made of. */
interface ArrowTable {
  readonly schema: { readonly fields: readonly ArrowField[] };
  readonly numRows: number;
  getChild(name: string): Iterable<unknown> | null;
  getChildAt(index: number): ArrowVector;
  assign(other: { readonly schema: object; getChildAt(index: number): unknown }): ArrowTable;
}

interface ArrowField {
  readonly type: ArrowType;
}

interface ArrowType {
  readonly typeId: number;
  readonly precision?: number;
}

interface ArrowVector {
  readonly data: readonly object[];
}

type Class = new (...parts: unknown[]) => object;

/** Numbers of the Arrow format (Schema.fbs). */
const UTF8 = 5;
const FLOATING_POINT = 3;
const DOUBLE = 2;

/**
 * Undefined for what is no Table of apache-arrow. New columns are made of the classes that the table itself is made of, so
 * that they belong to the caller's copy of the library and none needs to be found.
 */
export function arrowFrame(frame: unknown): DataFrame<ArrowTable> | undefined {
  if (typeof frame !== 'object' || frame === null) return undefined;
  const table = frame as ArrowTable;
  const isTable = Array.isArray(table.schema?.fields) && typeof table.numRows === 'number';
  if (!isTable || typeof table.assign !== 'function' || typeof table.getChildAt !== 'function')
    return undefined;
  return {
    header: table.schema.fields.map((field) => (field as unknown as { name: string }).name),
    values: (column) => [...table.getChild(column)!],
    withColumns: (columns) => addColumns(table, columns),
  };
}

function addColumns(table: ArrowTable, columns: readonly ResultColumn[]): ArrowTable {
  if (columns.length === 0) return table;
  const { fields } = table.schema;
  const [first] = fields;
  const vector = table.getChildAt(0);
  const Schema = table.schema.constructor as Class;
  const Field = first!.constructor as Class;
  const Vector = vector.constructor as Class;
  const Data = vector.data[0]!.constructor as Class;
  const typeOf = (id: number, precision?: number) =>
    fields.find(({ type }) => type.typeId === id && type.precision === precision)?.type ??
    deriveType(first!.type, id, precision);
  const text = typeOf(UTF8);
  const number = typeOf(FLOATING_POINT, DOUBLE);
  const made = columns.map(({ name, values, numeric }) => {
    const { buffers, nulls } = numeric ? doubles(values) : utf8(values);
    const type = numeric ? number : text;
    const data = new Data(type, 0, values.length, nulls, buffers);
    return { field: new Field(name, type, true), vector: new Vector([data]) };
  });
  return table.assign({
    schema: new Schema(made.map(({ field }) => field)),
    getChildAt: (index) => made[index]!.vector,
  });
}

/** A type that no column has: derived from the class below all types. */
function deriveType(known: ArrowType, typeId: number, precision: number | undefined): ArrowType {
  let base = Object.getPrototypeOf(known) as object;
  for (let next = base; next !== Object.prototype; next = Object.getPrototypeOf(next) as object) base = next;
  const name = typeId === UTF8 ? 'Utf8' : 'Float';
  const type = Object.create(base, {
    typeId: { value: typeId, enumerable: true },
    ArrayType: { value: typeId === UTF8 ? Uint8Array : Float64Array },
    toString: { value: () => (typeId === UTF8 ? 'Utf8' : 'Float64') },
    [Symbol.toStringTag]: { value: name },
    children: { value: null, writable: true },
  }) as ArrowType;
  if (precision !== undefined)
    Object.defineProperty(type, 'precision', { value: precision, enumerable: true });
  return type;
}

function utf8(values: ResultColumn['values']): { buffers: unknown[]; nulls: number } {
  const encoded = values.map((value) => Buffer.from(String(value ?? ''), 'utf8'));
  const offsets = new Int32Array(values.length + 1);
  for (const [at, bytes] of encoded.entries()) offsets[at + 1] = offsets[at]! + bytes.length;
  const { bitmap, nulls } = validity(values);
  return { buffers: [offsets, new Uint8Array(Buffer.concat(encoded)), bitmap], nulls };
}

function doubles(values: ResultColumn['values']): { buffers: unknown[]; nulls: number } {
  const { bitmap, nulls } = validity(values);
  return { buffers: [undefined, Float64Array.from(values, Number), bitmap], nulls };
}

/** A bit for each value, set where there is one. */
function validity(values: ResultColumn['values']): { bitmap: Uint8Array; nulls: number } {
  const bitmap = new Uint8Array(Math.ceil(values.length / 64) * 8);
  let nulls = 0;
  for (const [at, value] of values.entries()) {
    if (value === null) nulls += 1;
    else bitmap[at >> 3]! |= 1 << (at & 7);
  }
  return { bitmap, nulls };
}
