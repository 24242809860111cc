import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGrammar } from '../../src/grammar/compile-grammar.js';
import { GrammarWalker } from '../../src/grammar/grammar-walker.js';
import { decidedLabel, labelProbabilities } from '../../src/grammar/label-confidence.js';
import { DEFAULT_FIELDS, fullVocabulary, outputFields, random, utf8 } from './arbitraries.js';

describe('the decision about the label', () => {
  it('falls exactly once in every answer, for the label that the answer holds', () => {
    let decided = 0;
    fc.assert(
      fc.property(outputFields, fullVocabulary, fc.nat(), (fields, vocabulary, seed) => {
        const tables = compileGrammar(fields, vocabulary);
        const { decision } = tables;
        const first = fields.find((field) => field.type === 'enum' && field.values.length > 1);
        expect(decision?.field).toBe(first?.name);
        if (decision === null) return;
        const next = random(seed);
        const walker = new GrammarWalker(tables, vocabulary);
        const seen: number[] = [];
        while (!walker.done) {
          const allowed = [...vocabulary.tokens.keys()].filter((token) => walker.allows(token));
          const token = allowed[Math.floor(next() * allowed.length)]!;
          const label = decidedLabel(decision, walker.state, token);
          if (label >= 0) seen.push(label);
          walker.step(token);
        }
        const answer = JSON.parse(walker.text()) as Record<string, unknown>;
        expect(seen.map((label) => decision.labels[label])).toEqual([answer[decision.field]]);
        decided++;
      }),
      { numRuns: 80 },
    );
    expect(decided).toBeGreaterThan(20);
  });

  it('cannot be jumped over by a token that begins before the label', () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    const jumps = ['"good', ':"bad","', '","flag":"good"'].map(utf8);
    const vocabulary = { tokens: [...bytes, ...jumps, null], eosIds: [bytes.length + jumps.length] };
    const fields = [DEFAULT_FIELDS[1]!, DEFAULT_FIELDS[0]!, DEFAULT_FIELDS[3]!];
    const tables = compileGrammar(fields, vocabulary);
    const walker = new GrammarWalker(tables, vocabulary);
    for (const byte of utf8('x","flag":')) {
      for (const jump of jumps.keys()) expect(walker.allows(256 + jump)).toBe(false);
      walker.step(byte);
    }
    expect(walker.allows(256)).toBe(false);
    walker.step('"'.charCodeAt(0));
    expect(tables.decision!.decisionRow[walker.state]).toBe(0);
  });

  it('gives the softmax over what settles a label, as counted from the texts alone', () => {
    const labels = ['good', 'goodish', 'bad', 'not_ok', 'not_bad'];
    const fields = [{ name: 'flag', type: 'enum' as const, values: labels }];
    fc.assert(
      fc.property(fullVocabulary, fc.nat(), (vocabulary, seed) => {
        const tables = compileGrammar(fields, vocabulary);
        const decision = tables.decision!;
        const next = random(seed);
        const walker = new GrammarWalker(tables, vocabulary);
        while (!walker.done) {
          const written = walker.text().slice(tables.forcedOpening.length);
          const logits = vocabulary.tokens.map(() => next() * 20 - 10);
          const candidateLogits = Float32Array.from(decision.candidateTokens, (token) => logits[token]!);
          const found = labelProbabilities(decision, walker.state, candidateLogits);
          // Whole answers are few here: what is left of them after each token tells what it settles.
          const mass = labels.map(() => 0);
          for (const [token, bytes] of vocabulary.tokens.entries()) {
            if (bytes === null || bytes.length === 0 || vocabulary.eosIds.includes(token)) continue;
            const longer = written + Buffer.from(bytes).toString('latin1');
            const left = labels.flatMap((label, i) => (`${label}"}`.startsWith(longer) ? [i] : []));
            if (left.length === 1) mass[left[0]!]! += Math.exp(Math.fround(logits[token]!));
          }
          const open = labels.filter((label) => `${label}"}`.startsWith(written)).length > 1;
          const whole = mass.reduce((sum, part) => sum + part, 0);
          if (!open || whole === 0) expect(found).toBeNull();
          else for (const [i, part] of mass.entries()) expect(found![i]).toBeCloseTo(part / whole, 9);
          const allowed = [...vocabulary.tokens.keys()].filter((token) => walker.allows(token));
          walker.step(allowed[Math.floor(next() * allowed.length)]!);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('gives nothing for logits that are not finite, and stays exact for extreme ones', () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    const vocabulary = { tokens: [...bytes, utf8('good'), null], eosIds: [257] };
    const tables = compileGrammar(DEFAULT_FIELDS, vocabulary);
    const decision = tables.decision!;
    expect([...decision.candidateTokens]).toEqual([98, 103, 256]);
    const at = (logits: number[]): number[] | null => {
      const found = labelProbabilities(decision, tables.initialState, [7, ...logits], 1);
      return found === null ? null : [...found];
    };
    expect(at([0, 0, 0])).toEqual([2 / 3, 1 / 3]);
    expect(at([1e30, -1e30, 0])).toEqual([0, 1]);
    expect(at([-1e30, -1e30, -1e30])).toEqual([2 / 3, 1 / 3]);
    expect(at([Number.NaN, 0, 0])).toBeNull();
    expect(at([0, Number.POSITIVE_INFINITY, 0])).toBeNull();
    expect(at([0, 0])).toBeNull();
    expect(labelProbabilities(decision, tables.finalState, [0, 0, 0])).toBeNull();
    expect(decidedLabel(decision, tables.initialState, 65)).toBe(-2);
  });
});
