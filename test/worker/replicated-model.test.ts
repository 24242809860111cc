import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelInfo, ScoringRow } from '../../src/scoring/model-port.js';
import type { RowRecord } from '../../src/scoring/record.js';
import { type ReplicableModel, ReplicatedModel } from '../../src/worker/replicated-model.js';

const SLOTS = 2;
const info = { name: 'm', slots: SLOTS } as ModelInfo;
const record = (row: number): RowRecord => ({
  row,
  status: 'ok',
  raw: '{}',
  values: {},
  confidence: 1,
  inputTokens: 1,
  outputTokens: 1,
});

interface Behaviour {
  /** Turns of the event loop that each row takes, by the ordinal of the model. */
  readonly pace?: readonly number[];
  readonly replicas?: number;
  readonly failToLoad?: number;
  readonly dieAt?: number;
}

/** Models in this process that answer after some turns of the event loop, reading a few rows ahead. */
function fakeModels(behaviour: Behaviour) {
  const { pace = [1, 1, 1], replicas = 3, failToLoad, dieAt } = behaviour;
  const scored: number[][] = [];
  const disposed: number[] = [];
  const load = async (ordinal: number): Promise<ReplicableModel> => {
    if (ordinal === failToLoad) throw new Error('no memory');
    scored[ordinal] = [];
    return {
      info,
      replicas,
      async *score(rows: AsyncIterable<ScoringRow>) {
        for await (const { row } of rows) {
          for (let turn = 0; turn < (pace[ordinal] ?? 1); turn++)
            await new Promise((resolve) => setImmediate(resolve));
          if (row === dieAt) throw new Error('lost');
          scored[ordinal]!.push(row);
          yield record(row);
        }
      },
      dispose: async () => {
        disposed.push(ordinal);
      },
    };
  };
  return { load, scored, disposed };
}

async function* rows(count: number, onRead: (row: number) => void = () => {}): AsyncGenerator<ScoringRow> {
  for (let row = 0; row < count; row++) {
    onRead(row);
    yield { row, text: `text ${row}` };
  }
}

async function scoreAll(
  count: number,
  behaviour: Behaviour,
): Promise<{ rows: number[]; scored: number[][]; notes: string[] }> {
  const { load, scored } = fakeModels(behaviour);
  const notes: string[] = [];
  const model = await ReplicatedModel.load(load, (line) => notes.push(line));
  const seen: number[] = [];
  for await (const { row } of model.score(rows(count))) seen.push(row);
  await model.dispose();
  return { rows: seen, scored, notes };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, row) => row);

describe('several processes of one model', () => {
  it('answer every row once and in order, whatever their pace', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 120 }),
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 3, maxLength: 3 }),
        async (count, pace) => {
          const { rows: seen, scored } = await scoreAll(count, { pace });
          expect(seen).toEqual(upTo(count));
          expect(scored.flat().sort((a, b) => a - b)).toEqual(upTo(count));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('share the work of a long table', async () => {
    const { scored } = await scoreAll(120, {});
    expect(scored).toHaveLength(3);
    for (const part of scored) expect(part.length).toBeGreaterThan(10);
  });

  it('are not started for a short one', async () => {
    expect((await scoreAll(SLOTS, {})).scored).toHaveLength(1);
  });

  it('do without one that cannot be started, and say so', async () => {
    const { rows: seen, notes } = await scoreAll(100, { failToLoad: 1 });
    expect(seen).toEqual(upTo(100));
    expect(notes).toEqual(['goes on with 1 of 3 processes: another could not be started']);
  });

  it('do not run far ahead of a slow one', async () => {
    const { load } = fakeModels({ pace: [400, 0, 0] });
    const model = await ReplicatedModel.load(load, () => {});
    let read = 0;
    const source = rows(10_000, (row) => {
      read = row;
    });
    for await (const { row } of model.score(source)) {
      expect(read - row).toBeLessThanOrEqual(8 * SLOTS * 3 + 4);
      if (row > 300) break;
    }
    await model.dispose();
  });

  it('end together when one is lost for good, after what was answered before', async () => {
    const { load, disposed } = fakeModels({ dieAt: 50 });
    const model = await ReplicatedModel.load(load, () => {});
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      for await (const { row } of model.score(rows(500))) seen.push(row);
    };
    await expect(run()).rejects.toThrow('lost');
    expect(seen).toEqual(upTo(seen.length));
    expect(seen.length).toBeGreaterThan(20);
    await model.dispose();
    expect(disposed.sort()).toEqual([0, 1, 2]);
  });

  it('end when the input fails', async () => {
    const { load } = fakeModels({});
    const model = await ReplicatedModel.load(load, () => {});
    async function* broken(): AsyncGenerator<ScoringRow> {
      yield* rows(40);
      throw new Error('disk');
    }
    const run = async (): Promise<void> => {
      for await (const _ of model.score(broken()));
    };
    await expect(run()).rejects.toThrow('disk');
  });
});
