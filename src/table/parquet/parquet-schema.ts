import {
  type ConvertedType,
  type FileMetaData,
  parquetSchema,
  type SchemaElement,
  type SchemaTree,
} from 'hyparquet';
import { RunScoringError } from '../../foundation/errors.js';

const MAX_DEPTH = 16;

/** A column of the table: a leaf, or a tree of lists, structs and maps. */
export interface ParquetColumn {
  readonly name: string;
  readonly tree: SchemaTree;
}

/**
 * The columns of a file. Lists must have the form of the format's present specification (a repeated group around one element),
 * maps a repeated group of `key` and `value`; for other forms a round trip would not be exact.
 * @throws RunScoringError INPUT_COLUMN_AMBIGUOUS, INPUT_COLUMN_TYPE with the column's name
 */
export function columnsOf(metadata: FileMetaData, file: string): ParquetColumn[] {
  const names = new Set<string>();
  return parquetSchema(metadata).children.map((tree) => {
    const { name } = tree.element;
    if (names.has(name)) {
      throw new RunScoringError('INPUT_COLUMN_AMBIGUOUS', 'The file has two columns of one name.', {
        at: { file, field: name },
        hint: 'Rename one of them.',
      });
    }
    names.add(name);
    if (isPlainShape(tree, 1)) return { name, tree };
    throw new RunScoringError('INPUT_COLUMN_TYPE', 'Columns nested in this form are not read.', {
      at: { file, field: name },
      hint: 'Leave the column out, or write the file anew with a current writer.',
    });
  });
}

function isPlainShape(node: SchemaTree, depth: number): boolean {
  const { element, children } = node;
  if (depth > MAX_DEPTH || element.repetition_type === 'REPEATED') return false;
  // The reader joins the names of nested fields with points, and keeps fields in plain objects.
  if (depth > 1 && (element.name.includes('.') || element.name === '__proto__')) return false;
  if (element.type !== undefined) return children.length === 0;
  const inner = isList(node) ? listElement(node) : isMap(node) ? mapEntries(node) : children;
  return inner !== undefined && inner.length > 0 && inner.every((child) => isPlainShape(child, depth + 1));
}

export function isList({ element }: SchemaTree): boolean {
  return element.converted_type === 'LIST' || element.logical_type?.type === 'LIST';
}

export function isMap({ element }: SchemaTree): boolean {
  const { converted_type, logical_type } = element;
  return converted_type === 'MAP' || converted_type === 'MAP_KEY_VALUE' || logical_type?.type === 'MAP';
}

function listElement({ children }: SchemaTree): SchemaTree[] | undefined {
  const [repeated, ...more] = children;
  const isGroup = repeated?.element.type === undefined && repeated?.element.repetition_type === 'REPEATED';
  return isGroup && more.length === 0 && repeated.children.length === 1 ? repeated.children : undefined;
}

function mapEntries({ children }: SchemaTree): SchemaTree[] | undefined {
  const [repeated, ...more] = children;
  if (repeated?.element.repetition_type !== 'REPEATED' || more.length > 0) return undefined;
  const names = repeated.children.map(({ element }) => element.name);
  return names.join() === 'key,value' ? repeated.children : undefined;
}

/**
 * The schema without what its values mean, for reading and writing them as they are stored: bytes, whole numbers, floats.
 * Lists stay marked, as both directions know them by that; so do maps for the writer, but not for the reader, which would
 * make objects of them and lose types and order of their keys.
 */
export function storedSchema(schema: readonly SchemaElement[], maps: 'marked' | 'unmarked'): SchemaElement[] {
  return schema.map((element) => {
    const { converted_type, logical_type, ...bare } = element;
    if (element.type !== undefined) return bare;
    if (converted_type === 'LIST' || logical_type?.type === 'LIST')
      return { ...bare, converted_type: 'LIST' };
    const isMapGroup = converted_type?.startsWith('MAP') === true || logical_type?.type === 'MAP';
    return isMapGroup && maps === 'marked' ? { ...bare, converted_type: 'MAP' } : bare;
  });
}

/** The column's elements as they are written, itself first. */
export function writtenElements({ element, children }: SchemaTree): SchemaElement[] {
  return [writtenElement(element), ...children.flatMap(writtenElements)];
}

function writtenElement(element: SchemaElement): SchemaElement {
  const { logical_type: logical, ...rest } = element;
  // INT96 is deprecated.
  if (element.type === 'INT96') {
    return {
      ...rest,
      type: 'INT64',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' },
    };
  }
  if (logical?.type !== 'INTEGER') return element;
  // hyparquet-writer 0.17 writes the width in a form that other readers refuse; the older annotation says the same.
  const converted = `${logical.isSigned ? 'INT' : 'UINT'}_${logical.bitWidth}` as ConvertedType;
  return { ...rest, converted_type: converted };
}

/** A stored value as the writer takes it. @throws RangeError for an INT96 finer than a microsecond */
export function writableValue(value: unknown, node: SchemaTree): unknown {
  if (value === null || value === undefined) return null;
  if (node.children.length === 0)
    return node.element.type === 'INT96' ? wholeMicroseconds(value as bigint) : value;
  if (isList(node)) {
    const [element] = node.children[0]!.children;
    return (value as unknown[]).map((each) => writableValue(each, element!));
  }
  const fields = value as Record<string, unknown>;
  if (isMap(node)) {
    const [entries] = node.children;
    const [key, item] = entries!.children;
    return (fields[entries!.element.name] as { key: unknown; value: unknown }[]).map((entry) => ({
      key: writableValue(entry.key, key!),
      value: writableValue(entry.value, item!),
    }));
  }
  return Object.fromEntries(
    node.children.map((child) => [child.element.name, writableValue(fields[child.element.name], child)]),
  );
}

function wholeMicroseconds(nanoseconds: bigint): bigint {
  if (nanoseconds % 1000n !== 0n) throw new RangeError('finer than a microsecond');
  return nanoseconds / 1000n;
}
