// Preloaded into parent and child: the wall clock jumps by up to a year, forth and back, each time it is looked at.
const real = Date.now;
let state = process.pid >>> 0;
const YEAR = 365 * 86_400_000;
const jumping = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return real() + Math.round((state / 2 ** 32 - 0.5) * 2 * YEAR);
};
globalThis.Date = class extends Date {
  constructor(...args) {
    super(...(args.length === 0 ? [jumping()] : args));
  }
  static now() {
    return jumping();
  }
};
