import type { Dtype } from './safetensors-header.js';

/** Little-endian values of a stored dtype as float32; exact, since float32 holds every F16 and BF16. */
export function toFloat32(bytes: Uint8Array, dtype: Dtype): Float32Array {
  if (dtype === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const stored = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const out = new Float32Array(stored.length);
  const bits = new Uint32Array(out.buffer);
  if (dtype === 'BF16') {
    for (let i = 0; i < stored.length; i++) bits[i] = stored[i]! << 16;
    return out;
  }
  const table = halfTable();
  for (let i = 0; i < stored.length; i++) bits[i] = table[stored[i]!]!;
  return out;
}

let table: Uint32Array | null = null;

/** Float32 bit patterns of all 65,536 half-precision numbers: a look-up is several times faster than arithmetic. */
function halfTable(): Uint32Array {
  if (table !== null) return table;
  const values = new Float32Array(65536);
  for (let half = 0; half < 65536; half++) {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    values[half] =
      exponent === 0
        ? sign * fraction * 2 ** -24
        : exponent === 31
          ? fraction === 0
            ? sign * Number.POSITIVE_INFINITY
            : Number.NaN
          : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  table = new Uint32Array(values.buffer);
  return table;
}
