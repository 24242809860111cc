/**
 * A strict JSON (RFC 8259) recogniser. It builds no values, so nothing in the text can reach a prototype;
 * it keeps its own stack, so nesting cannot overflow the call stack; and it reads every character once.
 */

/** One member of the outermost object: half-open ranges of its key (quotes included) and of its value. */
export interface JsonMember {
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  /** The value is a list or object that holds another one. */
  readonly nested: boolean;
}

export type ScanResult =
  /** `members` is empty when the value is not an object. */
  | { readonly ok: true; readonly end: number; readonly members: readonly JsonMember[] }
  /** `at` is the first character that cannot continue the value; the length of the text when it just stops. */
  | { readonly ok: false; readonly at: number; readonly truncated: boolean };

enum Char {
  Tab = 9,
  LineFeed = 10,
  Return = 13,
  Space = 32,
  Quote = 34,
  Plus = 43,
  Comma = 44,
  Minus = 45,
  Dot = 46,
  Zero = 48,
  Nine = 57,
  Colon = 58,
  OpenBracket = 91,
  Backslash = 92,
  CloseBracket = 93,
  OpenBrace = 123,
  CloseBrace = 125,
}

/** Scans the one JSON value that starts at `start` (no white space before it). */
export function scanJsonValue(text: string, start: number): ScanResult {
  // One bit per open level: true for an object, false for an array.
  const stack: boolean[] = [];
  const members: JsonMember[] = [];
  let keyStart = 0;
  let keyEnd = 0;
  let valueStart = 0;
  let nested = false;
  let at = start;
  let expect: 'value' | 'value-or-close' | 'key' | 'key-or-close' | 'after' = 'value';

  for (;;) {
    if (expect !== 'value' || at !== start) at = skipSpace(text, at);
    if (at >= text.length) return { ok: false, at: text.length, truncated: true };
    const char = text.charCodeAt(at);

    if (expect === 'after') {
      const inObject = stack.at(-1)!;
      if (char === Char.Comma) {
        expect = inObject ? 'key' : 'value';
        at += 1;
        continue;
      }
      if (char !== (inObject ? Char.CloseBrace : Char.CloseBracket))
        return { ok: false, at, truncated: false };
    }
    const closes =
      expect === 'after' ||
      (expect === 'key-or-close' && char === Char.CloseBrace) ||
      (expect === 'value-or-close' && char === Char.CloseBracket);

    if (!closes && (expect === 'key' || expect === 'key-or-close')) {
      const end = char === Char.Quote ? scanString(text, at) : -1 - at;
      if (end < 0) return failure(text, end);
      if (stack.length === 1) {
        keyStart = at;
        keyEnd = end;
      }
      at = skipSpace(text, end);
      if (at >= text.length) return { ok: false, at, truncated: true };
      if (text.charCodeAt(at) !== Char.Colon) return { ok: false, at, truncated: false };
      at = skipSpace(text, at + 1);
      if (stack.length === 1) {
        valueStart = at;
        nested = false;
      }
      expect = 'value';
      continue;
    }

    if (closes) {
      stack.pop();
      at += 1;
    } else if (char === Char.OpenBrace || char === Char.OpenBracket) {
      stack.push(char === Char.OpenBrace);
      if (stack.length > 2) nested = true;
      expect = char === Char.OpenBrace ? 'key-or-close' : 'value-or-close';
      at += 1;
      continue;
    } else {
      const end = scanScalar(text, at, char);
      if (end < 0) return failure(text, end);
      at = end;
    }
    // A value has just ended.
    if (stack.length === 0) return { ok: true, end: at, members };
    if (stack.length === 1 && stack[0]) members.push({ keyStart, keyEnd, valueStart, valueEnd: at, nested });
    expect = 'after';
  }
}

/** Whether the whole text is one strict JSON value, white space around it allowed. */
export function isStrictJson(text: string): boolean {
  const result = scanJsonValue(text, skipSpace(text, 0));
  return result.ok && skipSpace(text, result.end) === text.length;
}

/** The first position from `at` on that holds no white space of JSON. */
export function skipSpace(text: string, at: number): number {
  for (; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char !== Char.Space && char !== Char.LineFeed && char !== Char.Return && char !== Char.Tab) break;
  }
  return at;
}

// The scanners below return the end of what they read, or -1 - position of the character that does not fit.

function failure(text: string, end: number): ScanResult {
  const at = -1 - end;
  return { ok: false, at, truncated: at >= text.length };
}

function scanScalar(text: string, at: number, char: number): number {
  if (char === Char.Quote) return scanString(text, at);
  if (char === Char.Minus || (char >= Char.Zero && char <= Char.Nine)) return scanNumber(text, at);
  for (const word of ['true', 'false', 'null']) {
    if (text.charCodeAt(at) !== word.charCodeAt(0)) continue;
    for (let i = 1; i < word.length; i++) {
      if (text.charCodeAt(at + i) !== word.charCodeAt(i)) return -1 - Math.min(at + i, text.length);
    }
    return at + word.length;
  }
  return -1 - at;
}

function scanString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === Char.Quote) return at + 1;
    if (char < Char.Space) return -1 - at;
    if (char !== Char.Backslash) continue;
    at += 1;
    if (at >= text.length) break;
    const escaped = text[at]!;
    if (escaped === 'u') {
      for (let digit = 0; digit < 4; digit++) {
        at += 1;
        if (at >= text.length) return -1 - text.length;
        if (!isHex(text.charCodeAt(at))) return -1 - at;
      }
    } else if (!'"\\/bfnrt'.includes(escaped)) return -1 - at;
  }
  return -1 - text.length;
}

function isHex(char: number): boolean {
  return (char >= 48 && char <= 57) || (char >= 65 && char <= 70) || (char >= 97 && char <= 102);
}

function scanNumber(text: string, start: number): number {
  let at = start;
  const digits = (): boolean => {
    const first = at;
    while (isDigit(text.charCodeAt(at))) at += 1;
    return at > first;
  };
  if (text.charCodeAt(at) === Char.Minus) at += 1;
  if (text.charCodeAt(at) === Char.Zero) at += 1;
  else if (!digits()) return -1 - at;
  if (text.charCodeAt(at) === Char.Dot) {
    at += 1;
    if (!digits()) return -1 - at;
  }
  const exponent = text[at];
  if (exponent === 'e' || exponent === 'E') {
    at += 1;
    const sign = text.charCodeAt(at);
    if (sign === Char.Plus || sign === Char.Minus) at += 1;
    if (!digits()) return -1 - at;
  }
  return at;
}

function isDigit(char: number): boolean {
  return char >= Char.Zero && char <= Char.Nine;
}
