import type { TensorSource } from './decoder.js';

/**
 * Weights of a model that was never trained: normal values of standard deviation `deviation`, norms of ones, all
 * determined by `seed` and the tensor's name. For benchmarks and tests in real shapes where no weights are at hand.
 */
export function randomWeights(seed: number, deviation = 0.02): TensorSource {
  return {
    matrix(name, rows, columns) {
      return {
        rows,
        columns,
        async readRows(first, count) {
          const out = new Float32Array(count * columns);
          for (let row = 0; row < count; row++) {
            const next = generator(hash(name, seed) + first + row);
            for (let i = 0; i < columns; i++) out[row * columns + i] = normal(next) * deviation;
          }
          return out;
        },
      };
    },
    vector: (name, length) => async () => {
      if (name.includes('norm')) return new Float32Array(length).fill(1);
      const next = generator(hash(name, seed));
      return Float32Array.from({ length }, () => normal(next) * deviation);
    },
  };
}

/** FNV-1a over the name, mixed with the seed. */
function hash(name: string, seed: number): number {
  let value = 0x811c9dc5 ^ seed;
  for (let i = 0; i < name.length; i++) value = Math.imul(value ^ name.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/** Mulberry32: uniform in [0, 1). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Sum of four uniforms, centred and scaled to unit variance: near enough to normal, and cheap. */
function normal(next: () => number): number {
  return (next() + next() + next() + next() - 2) * Math.sqrt(3);
}
