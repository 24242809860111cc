import { describe, expect, it } from 'vitest';
import { answerLanguage } from '../../src/grammar/answer-language.js';
import { walkBytes } from '../../src/grammar/byte-dfa.js';
import { utf8 } from './arbitraries.js';

const { dfa } = answerLanguage([{ name: 's', type: 'string', max_tokens: 1 }]);
const text = walkBytes(dfa, dfa.initialState, utf8('x'));
const drained = dfa.drainState[text]!;
const isForbidden = (code: number): boolean =>
  code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0xd800 && code < 0xe000);

describe('the text of a JSON string', () => {
  it('takes every character but controls and surrogates, byte by byte', () => {
    const wrong: number[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      if (code === 0x22 || code === 0x5c) continue;
      const bytes = encode(code);
      if ((walkBytes(dfa, text, bytes) === text) === isForbidden(code)) wrong.push(code);
    }
    expect(wrong).toEqual([]);
  });

  it('takes no other bytes for a character: as many ways as characters', () => {
    // All byte strings that lead from text to text without passing it, escapes aside.
    const ways = (state: number): number => {
      let sum = 0;
      for (let byte = 0; byte < 256; byte++) {
        const target = dfa.next[state * 256 + byte]!;
        if (target === text) sum++;
        else if (target >= 0 && byte !== 0x5c && byte !== 0x22) sum += ways(target);
      }
      return sum;
    };
    // All of Unicode, without surrogates (2048), controls (65), quote and backslash.
    expect(ways(text)).toBe(0x110000 - 2048 - 65 - 2);
  });

  it('takes \\uXXXX for every character of the plane but controls, space and lone surrogates', () => {
    const wrong: number[] = [];
    for (let code = 0; code < 0x10000; code++) {
      const digits = code.toString(16).padStart(4, '0');
      for (const spelled of [digits, digits.toUpperCase()]) {
        const taken = walkBytes(dfa, text, utf8(`\\u${spelled}`)) === text;
        if (taken === (isForbidden(code) || code === 0x20)) wrong.push(code);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('takes escaped surrogates in pairs only', () => {
    const wrong: string[] = [];
    for (let high = 0xd800; high < 0xdc00; high += 0x55) {
      for (let second = 0; second < 0x10000; second += 0x1f) {
        const pair = `\\u${high.toString(16)}\\u${second.toString(16).padStart(4, '0')}`;
        const taken = walkBytes(dfa, text, utf8(pair)) === text;
        if (taken !== (second >= 0xdc00 && second < 0xe000)) wrong.push(pair);
      }
    }
    expect(wrong).toEqual([]);
    for (const after of ['x', '"', '\\n', '\\\\'])
      expect(walkBytes(dfa, text, utf8(`\\ud83d${after}`))).toBe(-1);
  });

  it('takes the short escapes that stand for no control character', () => {
    const taken = Array.from({ length: 256 }, (_, byte) => byte).filter(
      (byte) => walkBytes(dfa, text, Uint8Array.of(0x5c, byte)) === text,
    );
    expect(String.fromCharCode(...taken)).toBe('"/\\');
  });

  it('drains to the quote from everywhere, and lets nothing new begin', () => {
    expect(edgesOf(drained)).toEqual([0x22]);
    for (const char of ['é', '質', '🙂', '\\u00e9', '\\ud83d\\ude00', '\\"']) {
      const bytes = utf8(char);
      for (let cut = 1; cut < bytes.length; cut++) {
        const state = dfa.drainState[walkBytes(dfa, text, bytes.subarray(0, cut))]!;
        expect(walkBytes(dfa, state, bytes.subarray(cut))).toBe(drained);
        expect(walkBytes(dfa, state, utf8('x'))).toBe(-1);
      }
    }
  });
});

function edgesOf(state: number): number[] {
  return Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => dfa.next[state * 256 + byte]! >= 0);
}

/** UTF-8 as the standard's table has it, surrogates included (which the platform's encoder would replace). */
function encode(code: number): Uint8Array {
  const tail = (shift: number): number => 0x80 | ((code >> shift) & 0x3f);
  if (code < 0x80) return Uint8Array.of(code);
  if (code < 0x800) return Uint8Array.of(0xc0 | (code >> 6), tail(0));
  if (code < 0x10000) return Uint8Array.of(0xe0 | (code >> 12), tail(6), tail(0));
  return Uint8Array.of(0xf0 | (code >> 18), tail(12), tail(6), tail(0));
}
