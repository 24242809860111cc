import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerLanguage, listsInAnyOrder } from '../../src/grammar/answer-language.js';
import { type ByteDfa, walkBytes } from '../../src/grammar/byte-dfa.js';
import type { OutputField } from '../../src/grammar/output-field.js';
import { answerOf, DEFAULT_FIELDS, DEFAULT_TAGS, outputFields, utf8 } from './arbitraries.js';
import { isAnswer } from './reference-recogniser.js';

function accepts(
  fields: readonly OutputField[],
  answer: Uint8Array,
  language = answerLanguage(fields),
): boolean {
  const { dfa, forcedOpening } = language;
  const opening = utf8(forcedOpening);
  if (opening.some((byte, i) => answer[i] !== byte)) return false;
  return walkBytes(dfa, dfa.initialState, answer.subarray(opening.length)) === dfa.finalState;
}

const withAnswer = outputFields.chain((fields) =>
  fc.tuple(fc.constant(fields), answerOf(fields, listsInAnyOrder(fields))),
);

/** Small damage of the kinds that models and bugs do. */
const FRAGMENTS = [
  '"',
  '\\',
  ',',
  ' ',
  '\n',
  '\\n',
  '\\u0000',
  '\\u001f',
  '\\ud800',
  '\\udc00',
  '\\u0020',
  '","',
  '[]',
  '}',
  '{',
]
  .map(utf8)
  .concat([
    Uint8Array.of(0x80),
    Uint8Array.of(0xc0, 0x80),
    Uint8Array.of(0xed, 0xa0, 0x80),
    Uint8Array.of(0xf4, 0x90),
  ]);
const damage = fc.record({
  at: fc.nat(),
  cut: fc.nat({ max: 3 }),
  put: fc.oneof(
    fc.constant(new Uint8Array(0)),
    fc.constantFrom(...FRAGMENTS),
    fc.uint8Array({ maxLength: 3 }),
  ),
});

describe('the language of answers', () => {
  it('holds every answer, in every legal spelling', () => {
    fc.assert(
      fc.property(withAnswer, ([fields, answer]) => {
        expect(isAnswer(utf8(answer), fields)).toBe(true);
        expect(accepts(fields, utf8(answer))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('agrees with UTF-8 and JSON parsers on damaged answers', () => {
    let stillGood = 0;
    const changes = fc.array(damage, { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(
        withAnswer,
        fc.array(changes, { minLength: 8, maxLength: 8 }),
        ([fields, answer], damages) => {
          const language = answerLanguage(fields);
          for (const list of damages) {
            let bytes = utf8(answer);
            for (const { at, cut, put } of list) {
              const from = at % (bytes.length + 1);
              bytes = Uint8Array.from([...bytes.subarray(0, from), ...put, ...bytes.subarray(from + cut)]);
            }
            const good = isAnswer(bytes, fields);
            if (good) stillGood++;
            expect(accepts(fields, bytes, language)).toBe(good);
          }
        },
      ),
      { numRuns: 250 },
    );
    expect(stillGood).toBeGreaterThan(20);
  });

  it('is what the reader of this file expects', () => {
    const fields: OutputField[] = [
      { name: 'flag', type: 'enum', values: ['good', 'bad'] },
      { name: 'why', type: 'string', max_tokens: 5 },
      { name: 'tags', type: 'string_list', values: ['a', 'b'] },
    ];
    const table: Record<string, boolean> = {
      '{"flag":"good","why":"x","tags":[]}': true,
      '{"flag":"bad","why":"\\u00e9\\/\\"\u2028","tags":["b","a"]}': true,
      '{"flag":"bad","why":"x","tags":["a","a"]}': false,
      '{"flag":"bad","why":"x","tags":["a",]}': false,
      '{"flag":"ugly","why":"x","tags":[]}': false,
      '{"flag":"good","why":"","tags":[]}': false,
      '{"flag":"good","why":" x","tags":[]}': false,
      '{"flag":"good","why":"x\\n","tags":[]}': false,
      '{"flag":"good","why":"x","tags":[]} ': false,
      '{"flag": "good","why":"x","tags":[]}': false,
      '{"why":"x","flag":"good","tags":[]}': false,
      '{"flag":"good","why":"\\ud83d\\ude00","tags":[]}': true,
      '{"flag":"good","why":"\\ud83d","tags":[]}': false,
    };
    for (const [answer, good] of Object.entries(table))
      expect([answer, accepts(fields, utf8(answer))]).toEqual([answer, good]);
  });

  it('is built with as few states as can be', () => {
    const check = (fields: readonly OutputField[]): void => {
      const { dfa, decision } = answerLanguage(fields);
      const marks = new Map(decision?.undecided.map(({ state, written }) => [state, written.join(' ')]));
      expect(countDistinct(dfa, marks)).toBe(dfa.numStates);
    };
    check(DEFAULT_FIELDS);
    fc.assert(fc.property(outputFields, check), { numRuns: 8 });
  });

  it('holds long lists to the order of their values, and says which', () => {
    const list = (name: string, values: string[]): OutputField => ({ name, type: 'string_list', values });
    const short = list('short', DEFAULT_TAGS);
    const long = list(
      'long',
      Array.from({ length: 16 }, (_, i) => `label_${i}`),
    );
    expect([...listsInAnyOrder([long, short])]).toEqual([short]);
    expect(accepts([long], utf8('{"long":["label_3","label_10","label_15"]}'))).toBe(true);
    expect(accepts([long], utf8('{"long":["label_10","label_3"]}'))).toBe(false);
  });

  it.each([
    ['no fields', []],
    ['a repeated name', [DEFAULT_FIELDS[0]!, DEFAULT_FIELDS[0]!]],
    ['an empty list', [{ name: 'flag', type: 'enum', values: [] } as OutputField]],
    ['a repeated label', [{ name: 'flag', type: 'enum', values: ['a', 'a'] } as OutputField]],
    ['a control character', [{ name: 'flag', type: 'enum', values: ['a\nb'] } as OutputField]],
    ['half a pair', [{ name: 'flag', type: 'enum', values: ['\ud800'] } as OutputField]],
    ['no budget', [{ name: 'why', type: 'string', max_tokens: 0 } as OutputField]],
  ])('refuses %s', (_, fields) => {
    expect(() => answerLanguage(fields)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('refuses fields that would take too much memory', () => {
    const values = Array.from({ length: 64 }, (_, i) => `${i}${'質'.repeat(200)}${i}`);
    expect(() => answerLanguage([{ name: 'flag', type: 'enum', values }])).toThrow(
      expect.objectContaining({ code: 'MODEL_GRAMMAR_TOO_LARGE' }),
    );
  });
});

/** Moore's algorithm: the number of states that differ in what follows, in their budget, drain or mark. */
function countDistinct(dfa: ByteDfa, marks: ReadonlyMap<number, string>): number {
  let block = Int32Array.from({ length: dfa.numStates }, () => 0);
  let count = 0;
  for (;;) {
    const known = new Map<string, number>();
    const refined = block.map((own, state) => {
      const drain = dfa.drainState[state]!;
      const parts = [
        own,
        dfa.budgetOfState[state],
        drain === state ? 'own' : block[drain],
        marks.get(state) ?? '',
      ];
      for (let byte = 0; byte < 256; byte++) {
        const target = dfa.next[state * 256 + byte]!;
        if (target >= 0) parts.push(`${byte}>${block[target]}`);
      }
      if (state === dfa.finalState) parts.push('final');
      const key = parts.join(' ');
      if (!known.has(key)) known.set(key, known.size);
      return known.get(key)!;
    });
    if (known.size === count) return count;
    count = known.size;
    block = refined;
  }
}
