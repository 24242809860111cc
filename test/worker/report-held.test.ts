import { afterEach, expect, it, vi } from 'vitest';
import { type FromChild, isScoringMessage } from '../../src/worker/protocol.js';
import { reportHeld } from '../../src/worker/report-held.js';

afterEach(() => {
  vi.useRealTimers();
});

it('the parent hears of held records when they are not those it can count itself', () => {
  vi.useFakeTimers();
  const counters = { prefillTokens: 0, decodeTokens: 0, prefillMs: 0, decodeMs: 0, held: 0 };
  const said: FromChild[] = [];
  const noteSent = reportHeld(counters, (message) => said.push(message));
  const after = (held: number): unknown[] => {
    counters.held = held;
    vi.advanceTimersByTime(1000);
    return said.splice(0);
  };
  expect(after(0)).toEqual([]);
  expect(after(3)).toEqual([{ type: 'held', records: 3 }]);
  noteSent(2);
  expect(after(1)).toEqual([]);
  noteSent(5);
  expect(after(0)).toEqual([]);
  expect(after(4)).toEqual([{ type: 'held', records: 4 }]);
});

it('a number of held records is whole and not below zero', () => {
  const isValid = (records: unknown): boolean => isScoringMessage({ type: 'held', records });
  expect([0, 7].every(isValid)).toBe(true);
  expect([-1, 0.5, Number.NaN, '1', null, undefined].some(isValid)).toBe(false);
});
