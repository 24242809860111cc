/** Types of weights that can be read, and how their bits become float32. Both sides are little-endian. */
export type FloatDtype = 'BF16' | 'F16' | 'F32';

export const FLOAT_BYTES: Readonly<Record<FloatDtype, number>> = { BF16: 2, F16: 2, F32: 4 };

export function isFloatDtype(dtype: string): dtype is FloatDtype {
  return Object.hasOwn(FLOAT_BYTES, dtype);
}

/** Float32 bits of all 65,536 half-precision values, made on first use: 256 KB against arithmetic per value. */
let halfTable: Uint32Array | undefined;

function halfBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: shift the leading one into its place.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

/**
 * Converts raw little-endian values to float32, exactly.
 * @param source bytes of whole values, at an offset that is a multiple of their size
 * @param target receives them from element `at` on
 */
export function toFloat32(dtype: FloatDtype, source: Uint8Array, target: Float32Array, at = 0): void {
  if (dtype === 'F32') {
    target.set(new Float32Array(source.buffer, source.byteOffset, source.byteLength / 4), at);
    return;
  }
  const count = source.byteLength / 2;
  const from = new Uint16Array(source.buffer, source.byteOffset, count);
  const bits = new Uint32Array(target.buffer, target.byteOffset + 4 * at, count);
  if (dtype === 'BF16') {
    for (let i = 0; i < count; i++) bits[i] = from[i]! << 16;
    return;
  }
  halfTable ??= Uint32Array.from({ length: 1 << 16 }, (_, half) => halfBits(half));
  const table = halfTable;
  for (let i = 0; i < count; i++) bits[i] = table[from[i]!]!;
}

/** Float16 bits of every BF16 value, made on first use. */
let halfOfBrain: Uint16Array | undefined;

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** The nearest half-precision value of a float32 given by its bits; ties go to the even one, too large ones to infinity. */
function nearestHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65,520 and more round beyond the largest, 65,504.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: a sum with a power of two leaves the rounded fraction in the lowest bits.
    scratchBits[0] = magnitude;
    scratch[0] = scratch[0]! + 0.5;
    return sign | (scratchBits[0]! - 0x3f000000);
  }
  const even = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + even) >>> 13);
}

/**
 * Converts raw little-endian values to float16 bits, each to its nearest.
 * @returns whether every finite value stayed finite
 */
export function toFloat16(dtype: FloatDtype, source: Uint8Array, target: Uint16Array, at = 0): boolean {
  if (dtype === 'F16') {
    target.set(new Uint16Array(source.buffer, source.byteOffset, source.byteLength / 2), at);
    return true;
  }
  let overflowed = 0;
  if (dtype === 'BF16') {
    halfOfBrain ??= Uint16Array.from({ length: 1 << 16 }, (_, brain) => nearestHalf(brain << 16));
    const table = halfOfBrain;
    const from = new Uint16Array(source.buffer, source.byteOffset, source.byteLength / 2);
    for (let i = 0; i < from.length; i++) {
      const half = table[from[i]!]!;
      target[at + i] = half;
      // Infinity out of anything but infinity.
      if ((half & 0x7c00) === 0x7c00 && (half & 0x3ff) === 0 && (from[i]! & 0x7fff) !== 0x7f80)
        overflowed = 1;
    }
    return overflowed === 0;
  }
  const from = new Uint32Array(source.buffer, source.byteOffset, source.byteLength / 4);
  for (let i = 0; i < from.length; i++) {
    const half = nearestHalf(from[i]!);
    target[at + i] = half;
    if ((half & 0x7fff) === 0x7c00 && (from[i]! & 0x7fffffff) !== 0x7f800000) overflowed = 1;
  }
  return overflowed === 0;
}
