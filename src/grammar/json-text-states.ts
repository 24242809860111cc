import type { ByteDfaBuilder, Edge } from './byte-dfa.js';

/**
 * The text of a JSON string, from behind its opening quote to behind its closing one.
 *
 * Accepted are all strict JSON spellings of all well-formed Unicode texts, with these exceptions:
 * - no control character (Unicode category Cc: U+0000-001F, U+007F-009F), neither raw nor escaped. So `\b \f \n \r \t`
 *   and `\u000a` are out too: values are single lines that are safe in a table cell. U+2028 and U+2029 are not control
 *   characters and stay in.
 * - the first character is not a space, so that no text is empty or blank; `\u0020` is out everywhere, since it would be
 *   a way round that rule and nobody writes it.
 *
 * Bytes are held to well-formed UTF-8 (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF). `\uXXXX` may
 * name any other character; a surrogate must come as the first half of a pair, and its second half must follow.
 *
 *         ┌──────── text ─────────┐            each state but `start` has a drained double, from which only
 *   start ┤  ▲ escape, \u, UTF-8 ─┘─"─► after  the rest of the open character and the quote are left
 *
 * @param field index among the string fields, noted on every state
 * @param after the state behind the closing quote
 * @returns the state behind the opening quote
 */
export function jsonTextStates(dfa: ByteDfaBuilder, field: number, after: number): number {
  const drained = dfa.state([[QUOTE, QUOTE, after]], { budget: field });
  const drainedParts = characterParts(dfa, field, drained, undefined);

  const text = dfa.reserve();
  const parts = characterParts(dfa, field, text, drainedParts);
  const first = firstBytes(text, parts);
  dfa.define(text, [[SPACE, SPACE, text], ...first, [QUOTE, QUOTE, after]], {
    budget: field,
    drain: drained,
  });

  // Its drain is itself: a text needs a first character, and any token moves on from here.
  return dfa.state(first, { budget: field });
}

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

type Parts = Record<
  'tail1' | 'tail2' | 'tail3' | 'afterC2' | 'afterE0' | 'afterEd' | 'afterF0' | 'afterF4' | 'escape',
  number
> & { readonly all: readonly number[] };

/** Every byte a character other than the space may begin with. */
function firstBytes(text: number, parts: Parts): Edge[] {
  return [
    [0x21, 0x21, text],
    [0x23, 0x7e, text],
    [BACKSLASH, BACKSLASH, parts.escape],
    [0xc2, 0xc2, parts.afterC2],
    [0xc3, 0xdf, parts.tail1],
    [0xe1, 0xef, parts.tail2],
    [0xe0, 0xe0, parts.afterE0],
    [0xed, 0xed, parts.afterEd],
    [0xf0, 0xf0, parts.afterF0],
    [0xf1, 0xf3, parts.tail3],
    [0xf4, 0xf4, parts.afterF4],
  ];
}

/** The states inside a character, all of which lead to `text`. `drains`: their doubles; absent: they are the doubles. */
function characterParts(dfa: ByteDfaBuilder, field: number, text: number, drains: Parts | undefined): Parts {
  const all: number[] = [];
  const part = (...edges: Edge[]): number => {
    const state = dfa.state(edges, {
      budget: field,
      drain: drains === undefined ? -1 : drains.all[all.length]!,
    });
    all.push(state);
    return state;
  };
  const byte = (char: string, target: number): Edge => [char.charCodeAt(0), char.charCodeAt(0), target];
  /** Hexadecimal digits from `low` to `high`, upper and lower case. */
  const hex = (low: number, high: number, target: number): Edge[] => {
    const edges: Edge[] = [];
    for (let digit = low; digit <= high; digit++) {
      const char = digit.toString(16);
      edges.push(byte(char, target));
      if (digit > 9) edges.push(byte(char.toUpperCase(), target));
    }
    return edges;
  };

  const tail1 = part([0x80, 0xbf, text]);
  const tail2 = part([0x80, 0xbf, tail1]);
  const tail3 = part([0x80, 0xbf, tail2]);
  const afterC2 = part([0xa0, 0xbf, text]);
  const afterE0 = part([0xa0, 0xbf, tail1]);
  const afterEd = part([0x80, 0x9f, tail1]);
  const afterF0 = part([0x90, 0xbf, tail2]);
  const afterF4 = part([0x80, 0x8f, tail2]);

  const hex1 = part(...hex(0, 15, text));
  const hex2 = part(...hex(0, 15, hex1));
  const hex3 = part(...hex(0, 15, hex2));
  // \u0021-\u002f, \u0070-\u007e: no space, no DEL.
  const after002 = part(...hex(1, 15, text));
  const after007 = part(...hex(0, 14, text));
  const after00 = part(
    ...hex(2, 2, after002),
    ...hex(3, 6, hex1),
    ...hex(7, 7, after007),
    ...hex(10, 15, hex1),
  );
  const after0 = part(...hex(0, 0, after00), ...hex(1, 15, hex2));
  // \ud800-\udbff and then \udc00-\udfff.
  const low3 = part(...hex(12, 15, hex2));
  const low4 = part(...hex(13, 13, low3));
  const lowU = part(byte('u', low4));
  const lowEscape = part(byte('\\', lowU));
  const high1 = part(...hex(0, 15, lowEscape));
  const high2 = part(...hex(0, 15, high1));
  const afterD = part(...hex(0, 7, hex2), ...hex(8, 11, high2));
  const hex4 = part(...hex(0, 0, after0), ...hex(1, 15, hex3), ...hex(13, 13, afterD));
  const escaped = part(byte('"', text), byte('\\', text), byte('/', text), byte('u', hex4));
  return { tail1, tail2, tail3, afterC2, afterE0, afterEd, afterF0, afterF4, escape: escaped, all };
}
