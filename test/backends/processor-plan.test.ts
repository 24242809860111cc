import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planProcessors } from '../../src/backends/processor-plan.js';

const machine = { threads: 2, memoryBytes: 8e9, weightBytes: 136e6, slots: 32 };

describe('how a model is spread over the processors', () => {
  it('gives a small model one single-threaded process a processor', () => {
    expect(planProcessors(machine)).toEqual({ replicas: 2, threads: 1, slots: 16 });
  });

  it('gives a large model all threads in one process', () => {
    expect(planProcessors({ ...machine, weightBytes: 3e9 })).toEqual({ replicas: 1, threads: 2, slots: 32 });
  });

  it('starts no more processes than memory allows', () => {
    const plan = planProcessors({ ...machine, threads: 8, memoryBytes: 3e9 });
    expect(plan).toEqual({ replicas: 2, threads: 4, slots: 16 });
  });

  it('keeps a single row in a single process', () => {
    expect(planProcessors({ ...machine, slots: 1 })).toEqual({ replicas: 1, threads: 2, slots: 1 });
  });

  it('never asks for more threads, memory or rows than there are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 128 }),
        fc.integer({ min: 1, max: 64 }),
        fc.double({ min: 1e6, max: 2e10, noNaN: true }),
        fc.double({ min: 1e8, max: 1e12, noNaN: true }),
        (threads, slots, weightBytes, memoryBytes) => {
          const plan = planProcessors({ threads, slots, weightBytes, memoryBytes });
          expect(plan.replicas * plan.threads).toBeLessThanOrEqual(threads);
          expect(plan.replicas).toBeGreaterThanOrEqual(1);
          expect(plan.threads).toBeGreaterThanOrEqual(1);
          expect(plan.replicas * plan.slots).toBeGreaterThanOrEqual(slots);
          expect((plan.replicas - 1) * plan.slots).toBeLessThan(slots);
          if (plan.replicas > 1) expect(plan.replicas * 2 * weightBytes).toBeLessThanOrEqual(memoryBytes / 2);
        },
      ),
    );
  });
});
