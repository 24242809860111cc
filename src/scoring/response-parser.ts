import type { OutputField } from '../config/schema.js';
import { type JsonMember, scanJsonValue } from '../foundation/json-scanner.js';
import type { FieldValues } from './record.js';

export type ParseFailure =
  /** There is no `{` at all. */
  | 'no_json'
  /** An object begins and the text ends inside it. */
  | 'truncated_json'
  /** Something begins like an object but is not strict JSON, and no whole object follows. */
  | 'broken_json'
  | 'missing_key'
  /** A wanted key stands twice: there is no telling which one is meant. */
  | 'duplicate_key'
  /** A label outside the field's list. */
  | 'bad_label'
  /** A list names a label twice. */
  | 'duplicate_item'
  | 'wrong_type';

export type ParseResult =
  | { readonly ok: true; readonly values: FieldValues }
  /** `detail` holds field names and offsets (UTF-16), never words of the model or of the profile. */
  | { readonly ok: false; readonly reason: ParseFailure; readonly detail: string };

/**
 * Reads the output fields from whatever a model wrote.
 *
 * The first JSON object decides. The search goes from left to right; where something begins like an object and then
 * breaks the rules of JSON, the search goes on from the character that broke them, never from inside what was
 * already read (a `{` inside a string belongs to that string). The time is linear in the text.
 *
 * The object must hold every field. Keys that no field names are ignored, keys match exactly, labels match exactly,
 * and nothing is ever filled in. `values` is built from the list of fields alone and has no prototype.
 */
export function parseResponse(text: string, fields: readonly OutputField[]): ParseResult {
  let start = text.indexOf('{');
  if (start < 0) return fail('no_json', 'there is no "{" in the answer');
  let firstBreak = -1;
  while (start >= 0) {
    const scan = scanJsonValue(text, start);
    if (scan.ok) return readFields(text, scan.members, fields);
    if (scan.truncated) return fail('truncated_json', `the object at offset ${start} does not end`);
    if (firstBreak < 0) firstBreak = scan.at;
    start = text.indexOf('{', scan.at);
  }
  return fail('broken_json', `not JSON from offset ${firstBreak}`);
}

function readFields(
  text: string,
  members: readonly JsonMember[],
  fields: readonly OutputField[],
): ParseResult {
  const wanted = new Map<string, JsonMember | undefined>(fields.map((field) => [field.name, undefined]));
  for (const member of members) {
    const key: string = JSON.parse(text.slice(member.keyStart, member.keyEnd));
    if (!wanted.has(key)) continue;
    if (wanted.get(key) !== undefined) return fail('duplicate_key', `the field ${key} stands twice`);
    wanted.set(key, member);
  }
  const values: Record<string, string | readonly string[]> = Object.create(null);
  for (const field of fields) {
    const member = wanted.get(field.name);
    if (member === undefined) return fail('missing_key', `the field ${field.name} is missing`);
    const read = readValue(text.slice(member.valueStart, member.valueEnd), member.nested, field);
    if (!read.ok) return read;
    values[field.name] = read.value;
  }
  return { ok: true, values };
}

type ReadValue = { ok: true; value: string | readonly string[] } | Extract<ParseResult, { ok: false }>;

/** `json` is one valid JSON value. Only strings and arrays without nesting are ever turned into values. */
function readValue(json: string, nested: boolean, field: OutputField): ReadValue {
  if (field.type === 'string_list') return readList(json, nested, field.name, field.values);
  if (!json.startsWith('"')) return fail('wrong_type', `the field ${field.name} is not a text`);
  const value: string = JSON.parse(json);
  if (field.type === 'enum' && !field.values.includes(value)) {
    return fail('bad_label', `the field ${field.name} is not one of its ${field.values.length} labels`);
  }
  return { ok: true, value };
}

function readList(json: string, nested: boolean, name: string, labels: readonly string[]): ReadValue {
  if (!json.startsWith('[') || nested) return fail('wrong_type', `the field ${name} is not a list of texts`);
  const list: unknown[] = JSON.parse(json);
  const seen = new Set<string>();
  for (const item of list) {
    if (typeof item !== 'string') return fail('wrong_type', `the field ${name} is not a list of texts`);
    if (!labels.includes(item)) {
      return fail(
        'bad_label',
        `the field ${name} has an entry that is not one of its ${labels.length} labels`,
      );
    }
    if (seen.has(item)) return fail('duplicate_item', `the field ${name} names a label twice`);
    seen.add(item);
  }
  return { ok: true, value: [...seen] };
}

function fail(reason: ParseFailure, detail: string): Extract<ParseResult, { ok: false }> {
  return { ok: false, reason, detail };
}
