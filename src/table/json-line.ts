import { type JsonMember, scanJsonValue, skipSpace } from '../foundation/json-scanner.js';
import type { CellValue } from './cell-value.js';
import { isSameNumber } from './same-number.js';

/**
 * The members of a line that is one JSON object: what stands for the value, by key, in the order in which keys first occur; the
 * last value of a key counts. Undefined for any other text. Values stay texts, as JavaScript's numbers would change some.
 */
export function membersOf(line: string): Map<string, string> | undefined {
  const members = scanObject(line);
  if (members === undefined) return undefined;
  return new Map(members.map((each) => [keyOf(line, each), line.slice(each.valueStart, each.valueEnd)]));
}

/** A string as it is, nothing for null and where there is no member, and the JSON text of anything else. */
export function cellOfJson(text: string | undefined): string {
  if (text === undefined || text === 'null') return '';
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}

/** What the JSON text of a member means. A number that a double would change is a decimal. */
export function valueOfJsonText(text: string | undefined): CellValue {
  if (text === undefined) return null;
  if (/^[[{]/.test(text)) return { kind: 'json', text };
  if (!/^[-\d]/.test(text)) return JSON.parse(text) as string | boolean | null;
  const value = Number(text);
  if (String(value) === text) return value;
  return isSameNumber(text, value) ? { kind: 'number', text, serial: value } : { kind: 'decimal', text };
}

/** What stands between the braces of an object, without some of its keys; what is left stays as it is, to the byte. */
export function contentWithout(object: string, keys: ReadonlySet<string>): string {
  if (keys.size === 0) return object.slice(1, -1).trim();
  const members = scanObject(object)!;
  let content = '';
  for (const [at, member] of members.entries()) {
    if (keys.has(keyOf(object, member))) continue;
    // The comma before a member goes with it.
    content += object.slice(content === '' ? member.keyStart : members[at - 1]!.valueEnd, member.valueEnd);
  }
  return content;
}

function scanObject(line: string): readonly JsonMember[] | undefined {
  const start = skipSpace(line, 0);
  if (line[start] !== '{') return undefined;
  const result = scanJsonValue(line, start);
  return result.ok && skipSpace(line, result.end) === line.length ? result.members : undefined;
}

function keyOf(line: string, { keyStart, keyEnd }: JsonMember): string {
  return JSON.parse(line.slice(keyStart, keyEnd)) as string;
}
