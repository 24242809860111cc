import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type FreshKeyValues, KeyValueCache } from '../../src/engine/key-value-cache.js';

const SHAPE = { numLayers: 2, numKeyValueHeads: 2, headDim: 3 };
const ALIGNMENT = 4;
const { numLayers, numKeyValueHeads: heads, headDim } = SHAPE;

/** What stands for one number of a row's token. */
const numberOf = (
  value: number,
  layer: number,
  row: number,
  head: number,
  token: number,
  d: number,
): number => 1 + d + headDim * (token + 50 * (head + heads * (row + 20 * (layer + numLayers * value))));

/** What a run of `rows` would have made: `counts` new tokens behind those that each row has. */
function fresh(
  rows: readonly number[],
  before: readonly number[],
  counts: readonly number[],
): FreshKeyValues {
  const length = Math.max(...counts) + 1;
  const make = (value: number) =>
    Array.from({ length: numLayers }, (_, layer) => {
      const out = new Float32Array(heads * rows.length * length * headDim).fill(Number.NaN);
      for (let head = 0; head < heads; head++)
        rows.forEach((row, i) => {
          for (let t = 0; t < counts[i]!; t++)
            for (let d = 0; d < headDim; d++)
              out[((head * rows.length + i) * length + t) * headDim + d] = numberOf(
                value,
                layer,
                row,
                head,
                before[i]! + t,
                d,
              );
        });
      return out;
    });
  return { keys: make(0), values: make(1), rows: rows.length, length };
}

// Rows join, grow by different numbers of tokens, change places and leave, as in a run.
const turns = fc.array(
  fc.record({
    order: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 1 }),
    same: fc.boolean(),
    counts: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 5, maxLength: 5 }),
  }),
  { minLength: 1, maxLength: 12 },
);

it('lays out every token of every row at its place, with zeros behind, whoever came or left before', () => {
  fc.assert(
    fc.property(turns, (steps) => {
      const cache = new KeyValueCache(SHAPE, ALIGNMENT);
      const tokens = new Map<number, number>();
      let rows: number[] = [];
      for (const { order, same, counts } of steps) {
        const next = same && rows.length > 0 ? rows : order;
        for (const row of rows)
          if (!next.includes(row)) {
            cache.release(row);
            tokens.delete(row);
          }
        rows = [...next];
        const batch = cache.layOut(rows);
        expect(batch.lengths).toEqual(rows.map((row) => tokens.get(row) ?? 0));
        expect(batch.length % ALIGNMENT).toBe(0);
        [batch.keys, batch.values].forEach((layers, value) => {
          layers.forEach((laid, layer) => {
            const wanted = new Float32Array(heads * rows.length * batch.length * headDim);
            for (let head = 0; head < heads; head++)
              rows.forEach((row, i) => {
                for (let t = 0; t < (tokens.get(row) ?? 0); t++)
                  for (let d = 0; d < headDim; d++)
                    wanted[((head * rows.length + i) * batch.length + t) * headDim + d] = numberOf(
                      value,
                      layer,
                      row,
                      head,
                      t,
                      d,
                    );
              });
            expect(laid).toEqual(wanted);
          });
        });
        const before = rows.map((row) => tokens.get(row) ?? 0);
        const made = fresh(rows, before, counts);
        rows.forEach((row, i) => {
          cache.append(row, made, i, counts[i]!);
          tokens.set(row, before[i]! + counts[i]!);
        });
      }
    }),
    { numRuns: 300 },
  );
});
