import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStrictJson } from '../../src/foundation/json-scanner.js';
import { parseResponse } from '../../src/scoring/response-parser.js';
import { FIELDS, fuzzParser, SEEDS } from './response-parser-corpus.js';

const answer = (over: Record<string, unknown> = {}) => ({
  flag: 'bad',
  reasoning: 'r',
  tags: ['poor_grammar'],
  recommendation: 'x',
  ...over,
});
const reasonOf = (text: string) => {
  const result = parseResponse(text, FIELDS);
  return result.ok ? 'ok' : result.reason;
};
const valuesOf = (text: string) => {
  const result = parseResponse(text, FIELDS);
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
  return { ...result.values };
};

describe('the strict path', () => {
  interface Case {
    name: string;
    base64?: string;
    repeat?: [string, number];
    then?: string;
  }
  const file = new URL('./response-parser-json-suite.json', import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] };
  const decode = (item: Case) =>
    item.base64 === undefined
      ? item.repeat![0].repeat(item.repeat![1]) + (item.then ?? '')
      : new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from(item.base64, 'base64'));

  it('accepts and rejects the 283 mandatory cases of JSONTestSuite', () => {
    expect(cases.length).toBe(283);
    const wrong = cases.filter((item) => isStrictJson(decode(item)) !== item.name.startsWith('y_'));
    expect(wrong.map((item) => item.name)).toEqual([]);
  });

  it('agrees with JSON.parse on broken and whole values alike', () => {
    const accepts = (text: string) => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', '"', ',', '}', ']', '0', '-', '.', 'e', '\\', ' ', '\u0001'),
        (json, at, extra) => {
          const cut = at % (json.length + 1);
          for (const text of [json, json.slice(0, cut) + extra + json.slice(cut), json.slice(0, cut)]) {
            expect(isStrictJson(text)).toBe(accepts(text));
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('finding the object', () => {
  it('reads it through fences, prose and a second object', () => {
    const json = JSON.stringify(answer());
    for (const text of [
      json,
      `\n ${json}\n`,
      `\`\`\`json\n${json}\n\`\`\``,
      `Of course: ${json} I hope that helps. {"flag":"good"}`,
      `The form is {flag, tags}. ${json}`,
      `{"flag": "good"|"bad", ...}\n${json}`,
    ]) {
      expect(valuesOf(text)).toEqual(answer());
    }
  });

  it('takes the first object even when a later one would fit better', () => {
    expect(reasonOf(`{} ${JSON.stringify(answer())}`)).toBe('missing_key');
    expect(reasonOf(`{"result": ${JSON.stringify(answer())}}`)).toBe('missing_key');
  });

  it('never looks for an object inside a string of an object that broke', () => {
    const quoted = JSON.stringify(answer({ flag: 'good', tags: [] }));
    expect(reasonOf(`{"flag":"bad","reasoning":"The text says ${quoted}, which is odd.`)).not.toBe('ok');
    expect(reasonOf(`{"reasoning":"a { b`)).toBe('truncated_json');
  });

  it('survives any prose around an object', () => {
    const prose = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('{', '('));
    const object = fc.record({
      flag: fc.constantFrom('good', 'bad'),
      reasoning: fc.string({ unit: 'binary' }),
      tags: fc.subarray((FIELDS[2] as { values: string[] }).values),
      recommendation: fc.string(),
    });
    fc.assert(
      fc.property(
        prose,
        object,
        fc.string({ unit: 'binary' }),
        fc.constantFrom(undefined, 1, '\t'),
        (a, value, b, indent) => {
          expect(valuesOf(a + JSON.stringify(value, null, indent) + b)).toEqual(value);
        },
      ),
    );
  });
});

describe('what is refused', () => {
  it.each([
    ['no_json', 'I would say this one is good.'],
    ['no_json', ''],
    ['broken_json', "{'flag': 'good'}"],
    ['broken_json', '{"flag": "bad",}'],
    ['broken_json', '{"reasoning": "line\nbreak"}'],
    ['truncated_json', '{"flag": "bad", "reasoning": "It has'],
    ['missing_key', '{"flag": "bad"}'],
    ['missing_key', JSON.stringify(answer()).replace('"flag"', '"Flag"')],
    ['duplicate_key', JSON.stringify(answer()).replace('{', '{"flag":"good",')],
    ['duplicate_key', JSON.stringify(answer()).replace('{', '{"fl\\u0061g":"good",')],
    ['bad_label', JSON.stringify(answer({ flag: 'Bad' }))],
    ['bad_label', JSON.stringify(answer({ flag: 'bad ' }))],
    ['bad_label', JSON.stringify(answer({ tags: ['poor_grammar', 'other'] }))],
    ['duplicate_item', JSON.stringify(answer({ tags: ['poor_grammar', 'poor_grammar'] }))],
    ['wrong_type', JSON.stringify(answer({ flag: ['bad'] }))],
    ['wrong_type', JSON.stringify(answer({ flag: null }))],
    ['wrong_type', JSON.stringify(answer({ tags: 'poor_grammar' }))],
    ['wrong_type', JSON.stringify(answer({ tags: [['poor_grammar']] }))],
    ['wrong_type', JSON.stringify(answer({ tags: [1] }))],
    ['wrong_type', JSON.stringify(answer({ tags: { 0: 'poor_grammar' } }))],
  ])('%s: %s', (reason, text) => {
    expect(reasonOf(text)).toBe(reason);
  });

  it('ignores keys that no field names, however they are called', () => {
    const text = `{"__proto__":{"flag":"good"},"toString":1,"deep":${'['.repeat(1000)}${']'.repeat(1000)},${JSON.stringify(answer()).slice(1)}`;
    expect(valuesOf(text)).toEqual(answer());
    expect(({} as Record<string, unknown>)['flag']).toBeUndefined();
  });

  it('tells nothing of the text in its detail', () => {
    for (const seed of SEEDS) {
      const result = parseResponse(seed.replaceAll(/good|bad|call me/g, 'CANARY'), FIELDS);
      if (!result.ok) expect(result.detail).not.toContain('CANARY');
    }
  });
});

describe('hostile texts', () => {
  it.each([
    ['open braces', '{'.repeat(2_000_000)],
    ['open keys', '{"'.repeat(1_000_000)],
    ['nested objects', '{"a":'.repeat(400_000)],
    ['nested arrays', `{"tags":${'['.repeat(2_000_000)}`],
    ['closed nesting', `{"tags":${'['.repeat(500_000)}${']'.repeat(500_000)}}`],
    ['backslashes', `{"a":"${'\\'.repeat(2_000_001)}`],
    ['broken pairs', '{"a" '.repeat(400_000)],
    ['many keys', `{${'"a":1,'.repeat(300_000)}"b":2}`],
    [
      'one long string',
      `{"flag":"${'\\u0061'.repeat(300_000)}","reasoning":"","tags":[],"recommendation":""}`,
    ],
  ])('%s take linear time', (_name, text) => {
    const started = performance.now();
    expect(reasonOf(text)).not.toBe('ok');
    // Measured: at most 0.5 s. A quadratic scan of 2 MB would take hours.
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('holds its promises under 30,000 mutations', () => {
    const { parsed } = fuzzParser(30_000, 1);
    // The mutations must reach both outcomes, or the test would show nothing.
    expect(parsed).toBeGreaterThan(3_000);
    expect(parsed).toBeLessThan(27_000);
  });
});
