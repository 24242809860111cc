import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGrammar } from '../../src/grammar/compile-grammar.js';
import type { OutputField } from '../../src/grammar/output-field.js';
import { crc32, PackedReader, PackedWriter } from '../../src/grammar/packed-bytes.js';
import { deserialiseTables, serialiseTables } from '../../src/grammar/table-file.js';
import type { TokenTables } from '../../src/grammar/token-tables.js';
import { DEFAULT_FIELDS, fullVocabulary, outputFields, utf8 } from './arbitraries.js';

const bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
const vocabulary = { tokens: [...bytes, utf8('","'), utf8(' the'), null], eosIds: [258] };
const fields: OutputField[] = [
  DEFAULT_FIELDS[0]!,
  DEFAULT_FIELDS[1]!,
  { name: 'tags', type: 'string_list', values: ['ab', 'ac', 'd'] },
];
const tables = compileGrammar(fields, vocabulary);
const refused = expect.objectContaining({ code: 'MODEL_GRAMMAR_CACHE' });

/** A file whose checksum is right, whatever its body. */
function seal(body: Uint8Array): Uint8Array {
  const whole = new Uint8Array(body.length + 4);
  whole.set(body);
  new DataView(whole.buffer).setUint32(body.length, crc32(body), true);
  return whole;
}

/** Names of the members that differ; typed arrays compared as bytes, which is far faster than element by element. */
function differences(found: object, wanted: object): string[] {
  const names = [...new Set([...Object.keys(found), ...Object.keys(wanted)])];
  return names.filter((name) => {
    const [a, b] = [found, wanted].map((all) => (all as Record<string, unknown>)[name]);
    if (a instanceof Int32Array && b instanceof Int32Array) {
      return !Buffer.from(a.buffer).equals(Buffer.from(b.slice().buffer));
    }
    if (name === 'decision' && a !== null && b !== null)
      return differences(a as object, b as object).length > 0;
    return JSON.stringify(a) !== JSON.stringify(b);
  });
}

describe('a table file', () => {
  it('gives the tables back', () => {
    fc.assert(
      fc.property(outputFields, fullVocabulary, (anyFields, anyVocabulary) => {
        const compiled = compileGrammar(anyFields, anyVocabulary);
        expect(differences(deserialiseTables(serialiseTables(compiled)), compiled)).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it('is read from the middle of a larger buffer too', () => {
    const file = serialiseTables(tables);
    const larger = new Uint8Array(file.length + 7);
    larger.set(file, 3);
    expect(differences(deserialiseTables(larger.subarray(3, 3 + file.length)), tables)).toEqual([]);
  });

  it('is refused after any damage', () => {
    const file = serialiseTables(tables);
    for (let at = 0; at < file.length; at += Math.ceil(file.length / 200)) {
      const copy = file.slice();
      copy[at]! ^= 1 << (at % 8);
      expect(() => deserialiseTables(copy)).toThrow(refused);
    }
    for (const length of [0, 3, 8, 50, file.length - 1]) {
      expect(() => deserialiseTables(file.subarray(0, length))).toThrow(refused);
    }
  });

  it('is refused, never half read, when a bad body has a right checksum', () => {
    const body = serialiseTables(tables).slice(0, -4);
    let refusals = 0;
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.nat(255), (at, byte) => {
        const copy = body.slice();
        copy[at] = byte;
        let read: TokenTables;
        try {
          read = deserialiseTables(seal(copy));
        } catch (error) {
          expect(error).toMatchObject({ code: 'MODEL_GRAMMAR_CACHE' });
          refusals++;
          return;
        }
        // Another table perhaps, but one in which no index leads outside.
        expect(read.nextState.length).toBe(read.numStates * read.numClasses);
        expect(read.nextState.every((next) => next >= -1 && next < read.numStates)).toBe(true);
        expect(read.classOfToken.every((index) => index < read.numClasses)).toBe(true);
      }),
      { numRuns: 100 },
    );
    expect(refusals).toBeGreaterThan(5);
    for (let length = 4; length < 200; length += 7) {
      expect(() => deserialiseTables(seal(body.subarray(0, length)))).toThrow(refused);
    }
    expect(() => deserialiseTables(seal(Uint8Array.from([...body, 0])))).toThrow(refused);
  });
});

describe('packed bytes', () => {
  it('hold numbers, texts and runs', () => {
    const piece = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.integer({ min: -2, max: 2 ** 31 - 3 })).map((list) => Int32Array.from(list)),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const writer = new PackedWriter();
        for (const value of pieces) {
          if (typeof value === 'number') writer.number(value);
          else if (typeof value === 'string') writer.text(value);
          else writer.runs(value);
        }
        const reader = new PackedReader(writer.bytes);
        for (const value of pieces) {
          if (typeof value === 'number') expect(reader.number()).toBe(value);
          else if (typeof value === 'string') expect(reader.text()).toBe(value);
          else expect(reader.runs(value.length)).toEqual(value);
        }
        expect(reader.atEnd).toBe(true);
      }),
    );
  });

  it('have the checksum of zip and PNG', () => {
    expect(crc32(utf8('123456789'))).toBe(0xcbf43926);
  });
});
