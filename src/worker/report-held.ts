import type { EngineCounters } from '../engine/engine.js';
import type { FromChild } from './protocol.js';

const LOOK_EVERY_MS = 100;

/**
 * Tells the parent of records that wait behind an earlier row's: their slots can take other rows.
 * @returns to be called with the number of records whenever some are sent, which the parent takes off
 */
export function reportHeld(
  counters: Readonly<EngineCounters>,
  send: (message: FromChild) => void,
): (records: number) => void {
  let known = 0;
  setInterval(() => {
    if (counters.held === known) return;
    known = counters.held;
    send({ type: 'held', records: known });
  }, LOOK_EVERY_MS).unref();
  return (records) => {
    known = Math.max(0, known - records);
  };
}
