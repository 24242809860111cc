import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Completion, RequestItem } from '../../src/engine/completion.js';
import { Engine } from '../../src/engine/engine.js';
import type { ModelRunner, RowInput, RunResult } from '../../src/engine/model-runner.js';
import { plan, type SchedulerSnapshot } from '../../src/engine/scheduler.js';
import { unconstrainedTables } from '../../src/grammar/unconstrained-tables.js';

const END = 9;
const tables = unconstrainedTables({
  tokens: Array.from({ length: 10 }, (_, i) => Uint8Array.of(65 + i)),
  eosIds: [END],
});

/** Writes as many tokens as its prompt's last token says, then ends; counts what it was asked. */
class CountingRunner implements ModelRunner {
  readonly prefillChunk = 8;
  readonly held = new Map<number, { fed: number; length: number; written: number }>();
  mostRows = 0;
  mostPrefilled = 0;
  disposed = false;

  async setPrefix(): Promise<void> {}

  async prefill(rows: readonly RowInput[], { more }: { more: boolean }): Promise<RunResult> {
    if (rows.length > 1) expect(more).toBe(false);
    this.mostPrefilled = Math.max(this.mostPrefilled, rows.length);
    for (const { row, tokens } of rows) {
      const held = this.held.get(row) ?? { fed: 0, length: 0, written: 0 };
      expect(tokens.length).toBeLessThanOrEqual(this.prefillChunk);
      this.held.set(row, { fed: held.fed + tokens.length, length: tokens.at(-1)!, written: 0 });
    }
    return this.#write(rows, 1);
  }

  async decode(rows: readonly RowInput[], steps: number): Promise<RunResult> {
    this.mostRows = Math.max(this.mostRows, rows.length);
    for (const { row } of rows) expect(this.held.has(row)).toBe(true);
    return this.#write(rows, steps);
  }

  release(row: number): void {
    this.held.delete(row);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
  }

  #write(rows: readonly RowInput[], steps: number): RunResult {
    const chosen = new Int32Array(steps * rows.length);
    for (let step = 0; step < steps; step++) {
      rows.forEach(({ row }, i) => {
        const held = this.held.get(row)!;
        chosen[step * rows.length + i] = held.written++ < held.length ? row % 7 : END;
      });
    }
    const zeros = new Int32Array(rows.length);
    return {
      chosen,
      steps,
      state: zeros,
      budget: zeros,
      broken: new Uint8Array(rows.length),
      candidateLogits: new Float32Array(0),
    };
  }
}

async function run(
  items: readonly (readonly number[] | 'deliver' | 'wait')[],
  options: { slots: number; chunkSteps: number; window?: number; maxNewTokens?: number },
): Promise<{ completions: (Completion | null)[]; runner: CountingRunner; ahead: number }> {
  const runner = new CountingRunner();
  const engine = new Engine(runner, { tables, eosIds: [END], maxNewTokens: 100, ...options });
  let read = 0;
  let delivered = 0;
  let ahead = 0;
  async function* source(): AsyncGenerator<RequestItem> {
    for (const [id, item] of items.entries()) {
      if (typeof item !== 'string') ahead = Math.max(ahead, ++read - delivered);
      yield typeof item === 'string' ? item : { id, tokens: Int32Array.from(item) };
    }
  }
  const completions: (Completion | null)[] = [];
  for await (const completion of engine.generate(source())) {
    completions.push(completion);
    if (completion !== null) delivered += 1;
  }
  return { completions, runner, ahead };
}

const prompt = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 30 });

describe('the engine', () => {
  it('completes every request once, in order, with what its prompt asks for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(prompt, { maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 5 }),
        async (prompts, slots, chunkSteps) => {
          const { completions, runner } = await run(prompts, { slots, chunkSteps });
          expect(completions.map((c) => c!.id)).toEqual(prompts.map((_, id) => id));
          for (const [id, tokens] of prompts.entries()) {
            expect(completions[id]!.tokens).toEqual(new Array(tokens.at(-1)!).fill(id % 7));
            expect(completions[id]!.finishReason).toBe('stop');
          }
          expect(runner.mostRows).toBeLessThanOrEqual(slots);
          expect(runner.held.size).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('reads no further ahead than its window', async () => {
    const prompts = Array.from({ length: 200 }, (_, i) => [i % 9]);
    expect((await run(prompts, { slots: 4, chunkSteps: 2, window: 10 })).ahead).toBeLessThanOrEqual(10);
  });

  it('counts a prompt without the shared prefix when it fills a prefill', async () => {
    const prefix = Array.from({ length: 40 }, () => 1);
    const runner = new CountingRunner();
    const engine = new Engine(runner, {
      tables,
      eosIds: [END],
      maxNewTokens: 9,
      slots: 6,
      prefillTokens: 12,
    });
    await engine.setPrefix(Int32Array.from(prefix));
    async function* source(): AsyncGenerator<RequestItem> {
      for (let id = 0; id < 6; id++) yield { id, tokens: Int32Array.from([...prefix, 2, 3]) };
    }
    for await (const completion of engine.generate(source())) expect(completion?.tokens).toHaveLength(3);
    expect(runner.mostPrefilled).toBe(6);
  });

  it('does not wait for the end token where nothing else may follow', async () => {
    const runner = new CountingRunner();
    // The runner always reports state 0.
    const complete = { ...tables, finalState: 0 };
    const engine = new Engine(runner, { tables: complete, eosIds: [END], maxNewTokens: 9, slots: 2 });
    async function* source(): AsyncGenerator<RequestItem> {
      yield { id: 0, tokens: Int32Array.of(5) };
    }
    for await (const completion of engine.generate(source())) {
      expect(completion).toMatchObject({ tokens: [0], finishReason: 'stop' });
    }
    expect(runner.mostRows).toBe(0);
  });

  it('stops a row at its limit', async () => {
    const { completions } = await run([[8], [2]], { slots: 2, chunkSteps: 16, maxNewTokens: 5 });
    expect(completions.map((c) => [c!.finishReason, c!.tokens.length])).toEqual([
      ['length', 5],
      ['stop', 2],
    ]);
  });

  it('hands the turn back when asked, and finishes all the same', async () => {
    const { completions } = await run(['deliver', [3], 'wait', 'wait', [4], 'deliver'], {
      slots: 1,
      chunkSteps: 2,
    });
    expect(completions.filter((c) => c === null)).toHaveLength(4);
    expect(completions.filter((c) => c !== null).map((c) => c!.tokens.length)).toEqual([3, 4]);
  });

  it('goes on with the rows it has while the input is silent', async () => {
    const runner = new CountingRunner();
    const engine = new Engine(runner, { tables, eosIds: [END], maxNewTokens: 100, slots: 8 });
    let answer: () => void = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    async function* source(): AsyncGenerator<RequestItem> {
      yield { id: 0, tokens: Int32Array.of(5) };
      // The second row comes only once the first has been answered.
      await answered;
      yield { id: 1, tokens: Int32Array.of(2) };
    }
    const ids: number[] = [];
    for await (const completion of engine.generate(source())) {
      ids.push(completion!.id);
      answer();
    }
    expect(ids).toEqual([0, 1]);
  });
});

describe('the scheduler', () => {
  const snapshots: fc.Arbitrary<SchedulerSnapshot> = fc.record({
    waiting: fc.array(fc.record({ length: fc.integer({ min: 1, max: 3000 }), onPrefix: fc.boolean() }), {
      maxLength: 40,
    }),
    running: fc.oneof(
      fc.array(fc.constant({ onPrefix: true }), { maxLength: 16 }),
      fc.array(fc.constant({ onPrefix: false }), { maxLength: 16 }),
    ),
    refilling: fc.boolean(),
    slots: fc.integer({ min: 1, max: 16 }),
    prefillTokens: fc.integer({ min: 1, max: 2048 }),
    inputEnded: fc.boolean(),
    mayRead: fc.boolean(),
  });

  it('never overfills slots, mixes prefixes or ends while there is work', () => {
    fc.assert(
      fc.property(snapshots, (snapshot) => {
        fc.pre(snapshot.running.length <= snapshot.slots);
        const step = plan(snapshot);
        if (step.kind === 'done') {
          expect([snapshot.waiting.length, snapshot.running.length, snapshot.inputEnded]).toEqual([
            0,
            0,
            true,
          ]);
        }
        if (step.kind === 'decode') expect(snapshot.running.length).toBeGreaterThan(0);
        if (step.kind === 'read') expect(snapshot.inputEnded).toBe(false);
        if (step.kind === 'prefill') {
          const rows = step.rows.map((index) => snapshot.waiting[index]!);
          expect(rows.length).toBeGreaterThan(0);
          expect(rows.length + snapshot.running.length).toBeLessThanOrEqual(snapshot.slots);
          expect(new Set([...rows, ...snapshot.running].map((row) => row.onPrefix)).size).toBe(1);
          const padded = rows.length * Math.max(...rows.map((row) => row.length));
          if (rows.length > 1) expect(padded).toBeLessThanOrEqual(snapshot.prefillTokens);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('waits until a quarter of the slots is free, and then fills them all', () => {
    const row = { length: 50, onPrefix: true };
    const snapshot = (running: number, refilling: boolean): SchedulerSnapshot => ({
      waiting: Array.from({ length: 8 }, () => row),
      running: Array.from({ length: running }, () => row),
      refilling,
      slots: 16,
      prefillTokens: 100,
      inputEnded: true,
      mayRead: false,
    });
    expect(plan(snapshot(13, false)).kind).toBe('decode');
    expect(plan(snapshot(12, false)).kind).toBe('prefill');
    expect(plan(snapshot(15, true)).kind).toBe('prefill');
    expect(plan(snapshot(16, true)).kind).toBe('decode');
  });

  it('takes the oldest row and those nearest to it in length', () => {
    const waiting = [50, 400, 55, 10, 52].map((length) => ({ length, onPrefix: true }));
    const snapshot = {
      waiting,
      running: [],
      refilling: false,
      slots: 3,
      prefillTokens: 10_000,
      inputEnded: true,
      mayRead: false,
    };
    expect(plan(snapshot)).toEqual({ kind: 'prefill', rows: [0, 2, 4] });
  });
});
