import fc from 'fast-check';
import type { OutputField } from '../../src/grammar/output-field.js';
import type { TokenBytes } from '../../src/grammar/token-tables.js';

const encoder = new TextEncoder();
export const utf8 = (text: string): Uint8Array => encoder.encode(text);

export const DEFAULT_TAGS = [
  'personal_information',
  'sensitive_information',
  'inappropriate_information',
  'poor_grammar',
  'insufficient_content',
];

export const DEFAULT_FIELDS: readonly OutputField[] = [
  { name: 'flag', type: 'enum', values: ['good', 'bad'] },
  { name: 'reasoning', type: 'string', max_tokens: 80 },
  { name: 'tags', type: 'string_list', values: DEFAULT_TAGS },
  { name: 'recommendation', type: 'string', max_tokens: 80 },
];

/** Labels that share beginnings and ends, hold each other, need escapes, or are not Latin. */
const label = fc.oneof(
  fc.constantFrom('good', 'goodish', 'goo', 'bad', 'not_ok', 'not_bad', 'x', '', 'poor_grammar', 'ok "so"'),
  fc.constantFrom('質が良い', '質', '🙂', '🙃👍', 'a\\b', 'naïve', 'good","x":"bad', ']', '","', ' '),
  fc.string({ unit: fc.constantFrom('a', 'b', 'é', '_'), minLength: 1, maxLength: 6 }),
);
const labels = (maxLength: number): fc.Arbitrary<string[]> =>
  fc.uniqueArray(label, { minLength: 1, maxLength });

export const outputFields: fc.Arbitrary<OutputField[]> = fc
  .uniqueArray(fc.constantFrom('flag', 'f', 'fl', 'tags', 'naïve "key"', 'r', '說明'), {
    minLength: 1,
    maxLength: 4,
  })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc.oneof(
          fc.record({ name: fc.constant(name), type: fc.constant('enum' as const), values: labels(5) }),
          fc.record({
            name: fc.constant(name),
            type: fc.constant('string' as const),
            max_tokens: fc.integer({ min: 1, max: 12 }),
          }),
          fc.record({
            name: fc.constant(name),
            type: fc.constant('string_list' as const),
            values: labels(4),
          }),
          fc.record({
            name: fc.constant(name),
            type: fc.constant('string_list' as const),
            // Too many sets for "any order".
            values: fc.constant(Array.from({ length: 12 }, (_, i) => `label_${i}`)),
          }),
        ),
      ),
    ),
  );

/** Pieces such as real vocabularies have, and nastier ones that run over several parts of an answer. */
const PIECES = [
  ...[
    '","',
    '":"',
    '"}',
    '":["',
    '"],"',
    '"',
    '",',
    '"]',
    '[]',
    '[',
    '{"',
    '\\"',
    '\\',
    '\\u',
    '\\u00',
    'u00',
  ],
  ...[
    'e9',
    '\\ud83d',
    '\\ud83d\\ude00',
    '\\ude00',
    '00',
    'ff',
    '\\n',
    '\n',
    '\t',
    ' ',
    '  ',
    '\u007f',
    '\u0085',
  ],
  ...[
    'flag',
    'tags',
    '"flag":"',
    '"good',
    'good"',
    'good","',
    'bad',
    'goo',
    'd',
    'not_',
    '_ok',
    'ish',
    'label_',
  ],
  ...['."', '.","', '!"}', 'a"', ' the', 'The', ' \\"', '質が', '質', '🙂', '🙂🙂', 'é', '\u2028', '\ufeff'],
];

const piece = fc.oneof(
  fc.constantFrom(...PIECES).map(utf8),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }).map(utf8),
  fc.uint8Array({ minLength: 1, maxLength: 5 }),
  // Parts of characters, with whatever stands beside them.
  fc.tuple(fc.constantFrom('質が', '🙂x', 'é"', 'x🙂","'), fc.nat(), fc.nat()).map(([text, a, b]) => {
    const bytes = utf8(text);
    const from = a % bytes.length;
    return bytes.slice(from, from + 1 + (b % (bytes.length - from)));
  }),
);

/** Extra tokens besides the single bytes, in any order, with doubles, unused ids and more than one end token. */
export const fullVocabulary: fc.Arbitrary<TokenBytes> = fc
  .record({
    pieces: fc.array(piece, { maxLength: 60 }),
    unused: fc.nat({ max: 4 }),
    ends: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(),
  })
  .map(({ pieces, unused, ends, seed }) => {
    const bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    return arrange([...bytes, ...pieces, new Uint8Array(0)], unused, ends, seed);
  });

/** Vocabularies in which some bytes are missing. */
export const poorVocabulary: fc.Arbitrary<TokenBytes> = fc
  .record({
    pieces: fc.array(piece, { maxLength: 40 }),
    lost: fc.uniqueArray(
      fc.oneof(
        fc.constantFrom(...utf8('"\\u,}]')),
        fc.integer({ min: 0x80, max: 0xf4 }),
        fc.integer({ min: 0, max: 255 }),
      ),
      { maxLength: 80 },
    ),
    seed: fc.nat(),
  })
  .map(({ pieces, lost, seed }) => {
    const gone = new Set(lost);
    const bytes = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !gone.has(byte));
    return arrange([...bytes.map((byte) => Uint8Array.of(byte)), ...pieces], 2, 1, seed);
  });

function arrange(texts: readonly Uint8Array[], unused: number, ends: number, seed: number): TokenBytes {
  const next = random(seed);
  const slots: (Uint8Array | null | 'end')[] = [...texts];
  for (let i = 0; i < unused; i++) slots.push(null);
  for (let i = 0; i < ends; i++) slots.push('end');
  for (let i = slots.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [slots[i], slots[j]] = [slots[j]!, slots[i]!];
  }
  const eosIds = slots.flatMap((slot, id) => (slot === 'end' ? [id] : []));
  // An end token's own letters must never count as text.
  return { tokens: slots.map((slot) => (slot === 'end' ? utf8('good') : slot)), eosIds };
}

/** Mulberry32: numbers in [0, 1) from a seed. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const CLEAN = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(' ', '"', '\\', '/', 'a'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 20,
  })
  .map((text) => `-${text}`.replace(/[\p{Cc}\p{Cs}]/gu, ''));

/** An answer as a model might write it: strings in varied but legal spellings, labels in allowed order. */
export function answerOf(
  fields: readonly OutputField[],
  inAnyOrder: ReadonlySet<OutputField>,
): fc.Arbitrary<string> {
  const values = fields.map((field): fc.Arbitrary<string> => {
    if (field.type === 'enum') return fc.constantFrom(...field.values).map((value) => JSON.stringify(value));
    if (field.type === 'string')
      return fc.tuple(CLEAN, fc.infiniteStream(fc.nat({ max: 9 }))).map(([text, dice]) => spell(text, dice));
    return fc
      .shuffledSubarray([...field.values])
      .map((list) => (inAnyOrder.has(field) ? list : field.values.filter((value) => list.includes(value))))
      .map((list) => JSON.stringify(list));
  });
  return fc
    .tuple(...values)
    .map((all) => `{${fields.map((field, i) => `${JSON.stringify(field.name)}:${all[i]}`).join(',')}}`);
}

/** One of the spellings of a text; low dice spell a character the long way. */
function spell(text: string, dice: Iterator<number>): string {
  const parts = [...text].map((char) => {
    const die = dice.next().value as number;
    if (die === 0 && char !== ' ') {
      return Array.from({ length: char.length }, (_, i) => {
        const code = char.charCodeAt(i).toString(16).padStart(4, '0');
        return `\\u${text.length % 2 === 0 ? code : code.toUpperCase()}`;
      }).join('');
    }
    if (char === '/' && die < 5) return '\\/';
    return char === '"' || char === '\\' ? `\\${char}` : char;
  });
  return `"${parts.join('')}"`;
}
