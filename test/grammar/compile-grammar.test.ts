import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerLanguage, listsInAnyOrder } from '../../src/grammar/answer-language.js';
import { walkBytes } from '../../src/grammar/byte-dfa.js';
import { compileGrammar } from '../../src/grammar/compile-grammar.js';
import { GrammarWalker } from '../../src/grammar/grammar-walker.js';
import type { OutputField } from '../../src/grammar/output-field.js';
import type { TokenBytes, TokenTables } from '../../src/grammar/token-tables.js';
import {
  answerOf,
  DEFAULT_FIELDS,
  fullVocabulary,
  outputFields,
  poorVocabulary,
  random,
  utf8,
} from './arbitraries.js';
import { isAnswer, valueSpans } from './reference-recogniser.js';

/** Walks to the end; `choose` picks among the allowed tokens. Returns the tokens. */
function walk(
  walker: GrammarWalker,
  vocabulary: TokenBytes,
  choose: (allowed: number[]) => number,
): number[] {
  const taken: number[] = [];
  while (!walker.done) {
    const allowed = [...vocabulary.tokens.keys()].filter((token) => walker.allows(token));
    if (allowed.length === 0 || taken.length > 5000) throw new Error('a walk without end');
    const token = choose(allowed);
    walker.step(token);
    taken.push(token);
  }
  return taken;
}

function checkWalk(
  fields: readonly OutputField[],
  vocabulary: TokenBytes,
  tables: TokenTables,
  choose: (allowed: number[]) => number,
): void {
  const walker = new GrammarWalker(tables, vocabulary);
  const taken = walk(walker, vocabulary, choose);
  expect(isAnswer(utf8(walker.text()), fields)).toBe(true);
  // No character was lost in decoding: the bytes are the text's own.
  expect(utf8(tables.forcedOpening).length + walker.bytes().length).toBe(utf8(walker.text()).length);
  expect(taken.length + 1).toBeGreaterThanOrEqual(tables.minTokens);
  expect(taken.length + 1).toBeLessThanOrEqual(tables.maxTokens);
  checkBudgets(fields, vocabulary, tables, taken);
  const end = walker.state;
  expect(end).toBe(tables.finalState);
  expect([...vocabulary.tokens.keys()].filter((token) => walker.allows(token))).toEqual([
    Math.min(...vocabulary.eosIds),
  ]);
  for (let i = 0; i < 3; i++) {
    walker.step(tables.eosToken);
    expect([walker.state, walker.done]).toEqual([tables.endState, true]);
  }
}

/**
 * Counts from the text alone. Of the tokens that begin inside a string's text, the first `max_tokens` are free; what the
 * others add to the text is at most the rest of one character.
 */
function checkBudgets(
  fields: readonly OutputField[],
  vocabulary: TokenBytes,
  tables: TokenTables,
  taken: readonly number[],
): void {
  const opening = utf8(tables.forcedOpening).length;
  const starts: number[] = [];
  let length = opening;
  for (const token of taken) {
    starts.push(length);
    length += vocabulary.tokens[token]!.length;
  }
  const answer = Buffer.concat([
    utf8(tables.forcedOpening),
    ...taken.map((token) => vocabulary.tokens[token]!),
  ]);
  const spans = valueSpans(answer, fields);
  for (const [index, field] of fields.entries()) {
    if (field.type !== 'string') continue;
    const { from, to } = spans[index]!;
    const inside = starts.filter((start) => start >= from && start <= to);
    const drainedFrom = inside[field.max_tokens];
    if (drainedFrom === undefined) continue;
    const rest = answer.subarray(drainedFrom, to);
    expect(rest.length === 0 || !isWholeText(answer.subarray(from, drainedFrom))).toBe(true);
    for (let cut = 1; cut < rest.length; cut++) {
      expect(isWholeText(answer.subarray(from, drainedFrom + cut))).toBe(false);
    }
  }
}

/** Does the text of a JSON string end here between two characters? */
function isWholeText(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return !/[\p{Cs}]/u.test(JSON.parse(`"${text}"`) as string);
  } catch {
    return false;
  }
}

describe('token tables', () => {
  it('let every walk end in a valid answer, whatever the fields, the vocabulary and the choices', () => {
    fc.assert(
      fc.property(outputFields, fullVocabulary, fc.nat(), (fields, vocabulary, seed) => {
        const tables = compileGrammar(fields, vocabulary);
        const next = random(seed);
        for (let i = 0; i < 3; i++) {
          checkWalk(fields, vocabulary, tables, (allowed) => allowed[Math.floor(next() * allowed.length)]!);
        }
        // Greedy with fixed scores, as a model that always wants the same token: the longest texts and full lists.
        const score = vocabulary.tokens.map(() => next());
        checkWalk(fields, vocabulary, tables, (allowed) =>
          allowed.reduce((best, token) => (score[token]! > score[best]! ? token : best)),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('allow a token exactly where its bytes keep to the language', () => {
    fc.assert(
      fc.property(outputFields, fullVocabulary, fc.nat(), (fields, vocabulary, seed) => {
        const tables = compileGrammar(fields, vocabulary);
        const { dfa, labelStart, decision } = answerLanguage(fields);
        const barrier =
          decision !== undefined && decision.fieldIndex > 0 ? labelStart[decision.fieldIndex] : -1;
        const byteStep = (from: number, token: number): number => {
          const bytes = vocabulary.eosIds.includes(token) ? null : vocabulary.tokens[token]!;
          if (bytes === null || bytes.length === 0) return -1;
          let at = from;
          for (const [i, byte] of bytes.entries()) {
            if (i > 0 && at === barrier) return -1;
            at = walkBytes(dfa, at, Uint8Array.of(byte));
          }
          return at;
        };
        const next = random(seed);
        const walker = new GrammarWalker(tables, vocabulary);
        const all = [...vocabulary.tokens.keys()];
        let state = dfa.initialState;
        while (!walker.done) {
          const allowed = all.filter((token) => walker.allows(token));
          expect(allowed).toEqual(all.filter((token) => byteStep(state, token) >= 0));
          const token = allowed[Math.floor(next() * allowed.length)]!;
          const target = byteStep(state, token);
          const stays = dfa.budgetOfState[target] === dfa.budgetOfState[state];
          walker.step(token);
          state = stays && walker.budget <= 0 ? dfa.drainState[target]! : target;
        }
        expect(state).toBe(dfa.finalState);
      }),
      { numRuns: 25 },
    );
  });

  it('take every answer in every spelling by tokens, as long as budgets last', () => {
    const cases = outputFields
      .map((fields) =>
        fields.map((field) => (field.type === 'string' ? { ...field, max_tokens: 10_000 } : field)),
      )
      .chain((fields) =>
        fc.tuple(fc.constant(fields), answerOf(fields, listsInAnyOrder(fields)), fullVocabulary, fc.nat()),
      );
    fc.assert(
      fc.property(cases, ([fields, answer, vocabulary, seed]) => {
        const tables = compileGrammar(fields, vocabulary);
        const next = random(seed);
        expect(answer.startsWith(tables.forcedOpening)).toBe(true);
        const rest = utf8(answer.slice(tables.forcedOpening.length));
        // A label that is decided begins with a token of its own, unless the prompt already ends there.
        const { decision } = answerLanguage(fields);
        const decided = decision === undefined ? 0 : decision.fieldIndex;
        const boundary =
          decided === 0
            ? -1
            : valueSpans(utf8(answer), fields)[decided]!.from - utf8(tables.forcedOpening).length;
        const walker = new GrammarWalker(tables, vocabulary);
        for (let at = 0; at < rest.length; ) {
          const fitting = [...vocabulary.tokens.keys()].filter((token) => {
            const bytes = vocabulary.tokens[token]!;
            if (vocabulary.eosIds.includes(token) || bytes === null || bytes.length === 0) return false;
            if (at < boundary && at + bytes.length > boundary) return false;
            return bytes.every((byte, i) => rest[at + i] === byte);
          });
          const token = fitting[Math.floor(next() * fitting.length)]!;
          walker.step(token);
          at += vocabulary.tokens[token]!.length;
        }
        expect(walker.done).toBe(true);
        expect(walker.text()).toBe(answer);
      }),
      { numRuns: 80 },
    );
  });

  it('bring every character through, a byte at a time', () => {
    const fields: OutputField[] = [{ name: 's', type: 'string', max_tokens: 1_000_000 }];
    const vocabulary = {
      tokens: [...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)), null],
      eosIds: [256],
    };
    const walker = new GrammarWalker(compileGrammar(fields, vocabulary), vocabulary);
    for (let first = 0x21; first < 0x110000; first += 0x1000) {
      let text = '';
      for (let code = first; code < Math.min(first + 0x1000, 0x110000); code += first < 0x10000 ? 1 : 0x55) {
        const isLost =
          (code >= 0x7f && code < 0xa0) ||
          (code >= 0xd800 && code < 0xe000) ||
          code === 0x22 ||
          code === 0x5c;
        if (!isLost) text += String.fromCodePoint(code);
      }
      walker.start();
      for (const byte of utf8(`${text}"}`)) walker.step(byte);
      expect([walker.done, (JSON.parse(walker.text()) as { s: string }).s === text]).toEqual([true, true]);
    }
  });

  it('never lead into a dead end when bytes are missing: valid answers or an error that names the field', () => {
    let compiled = 0;
    let refused = 0;
    fc.assert(
      fc.property(outputFields, poorVocabulary, fc.nat(), (fields, vocabulary, seed) => {
        let tables: TokenTables;
        try {
          tables = compileGrammar(fields, vocabulary);
        } catch (error) {
          refused++;
          expect(error).toMatchObject({ code: 'MODEL_GRAMMAR_UNREACHABLE' });
          const { field } = (error as { at: { field?: string } }).at;
          expect(fields.map(({ name }) => name)).toContain(field);
          return;
        }
        compiled++;
        const next = random(seed);
        for (let i = 0; i < 4; i++) {
          checkWalk(fields, vocabulary, tables, (allowed) => allowed[Math.floor(next() * allowed.length)]!);
        }
      }),
      { numRuns: 120 },
    );
    expect(Math.min(compiled, refused)).toBeGreaterThan(3);
  });

  it.each([
    ['flag', 'g'],
    ['reasoning', ','],
    ['tags', 'v'],
    ['tags', ']'],
    ['recommendation', '}'],
  ])('name the field %s when a vocabulary has no "%s"', (field, lost) => {
    const tokens = Array.from({ length: 256 }, (_, byte) =>
      byte === lost.charCodeAt(0) ? null : Uint8Array.of(byte),
    );
    // Where a key stands in the way the walk never gets to the label: keep the keys' letters apart.
    const vocabulary = {
      tokens: [...tokens, utf8('":["'), utf8('"flag'), utf8('ing"'), utf8('"tags"'), null],
      eosIds: [260],
    };
    expect(() => compileGrammar(DEFAULT_FIELDS, vocabulary)).toThrow(
      expect.objectContaining({ code: 'MODEL_GRAMMAR_UNREACHABLE', at: { field } }),
    );
  });

  it('refuse a string that could not be closed at the end of its budget', () => {
    const tokens = [...utf8('abc,:{}s')].map((byte) => Uint8Array.of(byte));
    const vocabulary = { tokens: [...tokens, utf8('c"}'), null], eosIds: [tokens.length + 1] };
    expect(() => compileGrammar([{ name: 's', type: 'string', max_tokens: 3 }], vocabulary)).toThrow(
      expect.objectContaining({ code: 'MODEL_GRAMMAR_UNREACHABLE', at: { field: 's' } }),
    );
  });

  it('forbid a first half of a character when its other half always brings more text', () => {
    // With the budget used up behind the first half, "\u2019" alone could not be finished.
    const ascii = Array.from({ length: 128 }, (_, byte) => Uint8Array.of(byte));
    const tokens = [...ascii, Uint8Array.of(0xe2), Uint8Array.of(0x80, 0x99, 0x61), null];
    const fields: OutputField[] = [{ name: 's', type: 'string', max_tokens: 3 }];
    const walkOf = (all: (Uint8Array | null)[]): GrammarWalker => {
      const vocabulary = { tokens: all, eosIds: [130] };
      return new GrammarWalker(compileGrammar(fields, vocabulary), vocabulary);
    };
    expect(walkOf(tokens).allows(128)).toBe(false);
    expect(walkOf([...tokens, Uint8Array.of(0x80, 0x99)]).allows(128)).toBe(true);
  });

  it.each([[[]], [[-1]], [[999]], [[0.5]]])('refuse end tokens %j', (eosIds) => {
    expect(() => compileGrammar(DEFAULT_FIELDS, { tokens: [utf8('a')], eosIds })).toThrow(
      expect.objectContaining({ code: 'MODEL_GRAMMAR_NO_END' }),
    );
  });

  it('merge tokens into as few classes as possible', () => {
    fc.assert(
      fc.property(outputFields, fullVocabulary, (fields, vocabulary) => {
        const { numStates, numClasses, nextState, classOfToken } = compileGrammar(fields, vocabulary);
        const columns = Array.from({ length: numClasses }, (_, column) =>
          Array.from({ length: numStates }, (_, state) => nextState[state * numClasses + column]).join(),
        );
        expect(new Set(columns).size).toBe(numClasses);
        expect(columns[0]).toBe(new Array(numStates).fill(-1).join());
        expect(classOfToken.every((index) => index >= 0 && index < numClasses)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });
});
