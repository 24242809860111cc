import type { OutputField } from '../../src/config/schema.js';
import { type ParseResult, parseResponse } from '../../src/scoring/response-parser.js';

export const FIELDS: OutputField[] = [
  { name: 'flag', type: 'enum', values: ['good', 'bad'] },
  { name: 'reasoning', type: 'string', max_tokens: 80 },
  {
    name: 'tags',
    type: 'string_list',
    values: ['personal_information', 'poor_grammar', 'insufficient_content'],
  },
  { name: 'recommendation', type: 'string', max_tokens: 80 },
];

const GOOD =
  '{"flag":"good","reasoning":"Clear and polite.","tags":[],"recommendation":"Nothing to change."}';
const BAD =
  '{"flag": "bad", "reasoning": "It says \\"call me\\" \\u00e9\\n.", "tags": ["personal_information", "poor_grammar"], "recommendation": "Leave the number out."}';

/** Answers of the kinds that models really write; mutations start from these. */
export const SEEDS = [
  GOOD,
  BAD,
  `\`\`\`json\n${BAD}\n\`\`\``,
  `Sure! Here is the result {as asked}:\n${GOOD}\nLet me know {"flag":"bad"} if you need more.`,
  `<think>{"flag": "good"|"bad"}</think>${BAD}`,
  `{"result": ${GOOD}}`,
  GOOD.replace('{', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"extra":[[{}]],'),
  "{'flag': 'good'}",
  BAD.slice(0, 70),
];

const FRAGMENTS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  ':',
  ',',
  '\\u',
  '\\ud800',
  '\u0000',
  '\n',
  'null',
  '1e9',
  '-',
  '```',
  '__proto__',
  '"flag":',
  '"bad"',
  '\u{1F600}',
  '\uD800',
  '\uFEFF',
];

/** A small fast generator (mulberry32), so that every mutation can be made again from its seed. */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function mutate(text: string, random: () => number): string {
  let out = text;
  for (let edits = 1 + Math.floor(random() * 2); edits > 0; edits--) {
    const at = Math.floor(random() * (out.length + 1));
    const length = Math.floor(random() * 12);
    const kind = Math.floor(random() * 5);
    if (kind === 0) out = out.slice(0, at) + out.slice(at + length);
    else if (kind === 1)
      out = out.slice(0, at) + FRAGMENTS[Math.floor(random() * FRAGMENTS.length)] + out.slice(at);
    else if (kind === 2) out = out.slice(0, at);
    else if (kind === 3)
      out = out.slice(0, at) + out.slice(at, at + length).repeat(2) + out.slice(at + length);
    else out = out.slice(0, at) + String.fromCharCode(Math.floor(random() * 65536)) + out.slice(at + 1);
  }
  return out;
}

/** Every result must keep this; returns what is wrong, or undefined. */
export function breach(text: string, result: ParseResult): string | undefined {
  if (!result.ok) return result.detail.length > 200 ? 'detail is too long' : undefined;
  const { values } = result;
  if (Object.getPrototypeOf(values) !== null) return 'values have a prototype';
  if (Object.keys(values).join() !== FIELDS.map((field) => field.name).join())
    return 'values have other keys';
  for (const field of FIELDS) {
    const value = values[field.name];
    if (field.type === 'string_list') {
      if (!Array.isArray(value) || value.some((item) => !field.values.includes(item)))
        return `bad ${field.name}`;
      if (new Set(value).size !== value.length) return `${field.name} repeats a label`;
    } else if (typeof value !== 'string' || (field.type === 'enum' && !field.values.includes(value))) {
      return `bad ${field.name}`;
    }
  }
  return isInText(text, values) ? undefined : 'no slice of the text holds these values';
}

/** Independent of the scanner: tries every slice from a `{` to a `}` with JSON.parse. */
function isInText(text: string, values: Readonly<Record<string, unknown>>): boolean {
  const wanted = JSON.stringify(FIELDS.map((field) => values[field.name]));
  for (let from = text.indexOf('{'); from >= 0; from = text.indexOf('{', from + 1)) {
    for (let to = text.indexOf('}', from); to >= 0; to = text.indexOf('}', to + 1)) {
      try {
        const object = JSON.parse(text.slice(from, to + 1));
        if (JSON.stringify(FIELDS.map((field) => object[field.name])) === wanted) return true;
        break;
      } catch {
        // Not a whole object yet.
      }
    }
  }
  return false;
}

/** Runs `count` mutations; stops at the first breach and tells how to make it again. */
export function fuzzParser(count: number, seed: number): { parsed: number; slowestMs: number } {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  let parsed = 0;
  let slowestMs = 0;
  for (let i = 0; i < count; i++) {
    const random = randomSource(seed + i);
    const text = mutate(SEEDS[i % SEEDS.length]!, random);
    const started = performance.now();
    const result = parseResponse(text, FIELDS);
    slowestMs = Math.max(slowestMs, performance.now() - started);
    if (result.ok) parsed += 1;
    const problem = breach(text, result);
    if (problem !== undefined)
      throw new Error(`mutation ${seed + i} of seed text ${i % SEEDS.length}: ${problem}`);
  }
  if (Object.getOwnPropertyNames(Object.prototype).join() !== before)
    throw new Error('a prototype was changed');
  return { parsed, slowestMs };
}
