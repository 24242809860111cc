import { listsInAnyOrder } from '../../src/grammar/answer-language.js';
import type { OutputField } from '../../src/grammar/output-field.js';

/**
 * Says whether bytes are an answer, without any automaton: the platform's UTF-8 decoder and JSON parser do the reading, and
 * what the grammar promises is checked on what they read.
 */
export function isAnswer(bytes: Uint8Array, fields: readonly OutputField[]): boolean {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    return false;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const strings = text.match(STRING) ?? [];
  const skeleton = text.replace(STRING, 'S');
  const wanted = fields.map((field) => (field.type === 'string_list' ? 'S:\\[(?:S(?:,S)*)?\\]' : 'S:S'));
  if (!new RegExp(`^\\{${wanted.join(',')}\\}$`).test(skeleton)) return false;

  const inAnyOrder = listsInAnyOrder(fields);
  let at = 0;
  for (const field of fields) {
    if (strings[at++] !== JSON.stringify(field.name)) return false;
    const read = (value as Record<string, unknown>)[field.name];
    // With a key that stands twice the parser keeps the later value: the keys' check above has it, now or later.
    if (Array.isArray(read) !== (field.type === 'string_list')) return false;
    if (field.type === 'string') {
      // A backslash that is itself escaped begins no \u0020.
      const escapes = strings[at++]!.replace(/\\[^u]/gu, '');
      if (escapes.includes('\\u0020') || !isCleanValue(read as string)) return false;
    } else if (field.type === 'enum') {
      if (!field.values.includes(read as string) || strings[at++] !== JSON.stringify(read)) return false;
    } else {
      const order = (read as string[]).map((label) => field.values.indexOf(label));
      if (order.includes(-1) || new Set(order).size !== order.length) return false;
      if (!inAnyOrder.has(field) && order.some((index, i) => i > 0 && index < order[i - 1]!)) return false;
      for (const label of read as string[]) if (strings[at++] !== JSON.stringify(label)) return false;
    }
  }
  return true;
}

const STRING = /"(?:[^"\\]|\\.)*"/gsu;

/** Control characters or half surrogate pairs nowhere; not empty; no space in front. */
function isCleanValue(text: string): boolean {
  return text !== '' && !text.startsWith(' ') && !/[\p{Cc}\p{Cs}]/u.test(text);
}

/**
 * Where the values of the fields stand in an answer: byte offsets behind the opening and at the closing quote; undefined
 * for lists.
 */
export function valueSpans(
  answer: Uint8Array,
  fields: readonly OutputField[],
): ({ from: number; to: number } | undefined)[] {
  // One letter for each byte.
  const text = Buffer.from(answer).toString('latin1');
  const lists = JSON.parse(new TextDecoder().decode(answer)) as Record<string, string | string[]>;
  const strings = [...text.matchAll(STRING)].map(({ 0: string, index }) => ({
    from: index + 1,
    to: index + string.length - 1,
  }));
  let at = 0;
  return fields.map((field) => {
    at += 1;
    if (field.type !== 'string_list') return strings[at++];
    at += lists[field.name]!.length;
    return undefined;
  });
}
