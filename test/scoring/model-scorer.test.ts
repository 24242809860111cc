import { expect, it } from 'vitest';
import type { Completion, RequestItem } from '../../src/engine/completion.js';
import type { ScoringRow } from '../../src/scoring/model-port.js';
import { ModelScorer } from '../../src/scoring/model-scorer.js';

const FIELDS = [{ name: 'reasoning', type: 'string' as const, max_tokens: 80 }];
const ROWS = 40_000;
/** Rows that the engine holds unfinished, as many as the largest batch size gives. */
const WINDOW = 8_192;

/** An engine that answers each prompt with its own tokens, always as late as it may. */
function slowEngine() {
  const asked: number[] = [];
  return {
    asked,
    async *generate(requests: AsyncIterable<RequestItem>): AsyncGenerator<Completion | null> {
      const held: Completion[] = [];
      for await (const item of requests) {
        if (item === 'wait' && held.length > 0) yield held.shift()!;
        else if (typeof item === 'string') yield null;
        else {
          asked.push(item.id);
          held.push({ id: item.id, tokens: [...item.tokens], finishReason: 'stop', confidence: null });
          if (held.length > WINDOW) yield held.shift()!;
        }
      }
      yield* held;
    },
  };
}

const encoder = {
  encode: (text: string) => ({ tokens: Int32Array.from(text, (c) => c.charCodeAt(0)), truncated: false }),
  decode: (tokens: readonly number[]) => JSON.stringify({ reasoning: String.fromCharCode(...tokens) }),
};

it('answers equal texts once, all through a long table, and every row with its own answer', async () => {
  // One text comes back all the time, one after as many others as an engine may hold, the rest are different.
  const textOf = (row: number): string =>
    row % 5 === 0 ? 'N/A' : row % 9_000 > 8_900 ? `late ${row % 9_000}` : `row ${row}`;
  async function* rows(): AsyncGenerator<ScoringRow> {
    for (let row = 0; row < ROWS; row++) yield { row, text: textOf(row) };
  }
  const engine = slowEngine();
  const scorer = new ModelScorer(encoder as never, engine, FIELDS);
  let next = 0;
  for await (const { row, status, values } of scorer.score(rows())) {
    if (row !== next || status !== 'ok' || values?.['reasoning'] !== textOf(row))
      throw new Error(`row ${next}: ${row} ${status} ${String(values?.['reasoning'])}`);
    next += 1;
  }
  expect(next).toBe(ROWS);
  const distinct = new Set(Array.from({ length: ROWS }, (_, row) => textOf(row))).size;
  expect(engine.asked.filter((row) => textOf(row) === 'N/A')).toEqual([0]);
  expect(engine.asked.length).toBe(distinct);
});
