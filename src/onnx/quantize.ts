/**
 * Eight bits per row, with a scale such that two neighbouring magnitudes never add up to more than 128.
 *
 * Why: kernels for processors without VNNI (AVX2) multiply unsigned activations by signed weights in pairs and add
 * each pair in 16 bits, saturating. 255 * 128 = 32,640 still fits, so with this bound every processor computes the
 * exact integer product. It costs about half a bit against 127 per value, where a plain 7-bit scale costs a whole one.
 *
 * @param values float32, whole rows of `columns` values
 * @returns int8 values in the same order and one scale per row: value ≈ int8 * scale
 */
export function quantizeRowsPairBounded(
  values: Float32Array,
  columns: number,
): { values: Int8Array; scales: Float32Array } {
  const rows = values.length / columns;
  const out = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    const end = start + columns;
    let peak = 0;
    for (let i = start; i < end; i += 2) {
      const pair = Math.abs(values[i]!) + (i + 1 < end ? Math.abs(values[i + 1]!) : 0);
      if (pair > peak) peak = pair;
    }
    const scale = peak === 0 ? 1 : Math.fround(peak / 127);
    scales[row] = scale;
    const inverse = 1 / scale;
    // Rounds as Math.round does; the shift makes the sum positive, where cutting off is rounding down.
    for (let i = start; i < end; i++) out[i] = ((values[i]! * inverse + 128.5) | 0) - 128;
  }
  return { values: out, scales };
}

/**
 * Four bits per value in blocks along a row, with a zero point for each block, so that its sixteen steps span exactly
 * its values and zero: value ≈ (nibble - zero point) * scale. Two nibbles a byte, the earlier one low; zero points are
 * packed in the same way, each row from a new byte.
 *
 * Symmetric blocks agree less well with float32: see scripts/bench/LOG.md.
 */
export function quantizeBlocks4(
  values: Float32Array,
  columns: number,
  blockSize: number,
): { values: Uint8Array; scales: Float32Array; zeroPoints: Uint8Array } {
  const rows = values.length / columns;
  const blocks = Math.ceil(columns / blockSize);
  const zeroBytes = Math.ceil(blocks / 2);
  const out = new Uint8Array((rows * blocks * blockSize) / 2);
  const scales = new Float32Array(rows * blocks);
  const zeroPoints = new Uint8Array(rows * zeroBytes);
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  let index = 0;
  for (let row = 0; row < rows; row++) {
    const rowEnd = (row + 1) * columns;
    for (let block = 0; block < blocks; block++, index++) {
      const start = row * columns + block * blockSize;
      const end = Math.min(start + blockSize, rowEnd);
      const { least, most } = extremes(bits, start, end);
      // What is too small for a scale of full precision counts as nothing.
      const step = Math.fround((most - least) / 15);
      const scale = step < 1e-37 ? 1 : step;
      scales[index] = scale;
      const inverse = 1 / scale;
      const zero = (0.5 - least * inverse) | 0;
      const at = row * zeroBytes + (block >> 1);
      zeroPoints[at] = zeroPoints[at]! | (zero << (4 * (block & 1)));
      // Rounds to the nearest step: the sum is not negative, so cutting off is rounding down.
      const shift = zero + 0.5;
      let byte = (index * blockSize) >> 1;
      let i = start;
      for (; i + 1 < end; i += 2) {
        out[byte++] =
          atMost15((values[i]! * inverse + shift) | 0) |
          (atMost15((values[i + 1]! * inverse + shift) | 0) << 4);
      }
      if (i < end) out[byte] = atMost15((values[i]! * inverse + shift) | 0);
    }
  }
  return { values: out, scales, zeroPoints };
}

/** 16, which the largest value may round to, becomes 15. */
function atMost15(step: number): number {
  return step - (step >> 4);
}

const bitsOfTwo = new Int32Array(2);
const two = new Float32Array(bitsOfTwo.buffer);

/**
 * The least and the largest of a block's values and zero; NaN if one is NaN.
 *
 * The bits of positive floats are in the order of the floats, so whole numbers do. `x & (x >> 31)` is x where it is
 * negative and else zero: it takes the place of branches, which a processor cannot foresee here, at half the time.
 */
function extremes(bits: Int32Array, start: number, end: number): { least: number; most: number } {
  let most = 0;
  let negative = 0;
  for (let i = start; i < end; i++) {
    const value = bits[i]!;
    const sign = value >> 31;
    const above = (most - (value & ~sign)) | 0;
    most = (most - (above & (above >> 31))) | 0;
    const below = (negative - (value & sign & 0x7fffffff)) | 0;
    negative = (negative - (below & (below >> 31))) | 0;
  }
  bitsOfTwo[0] = most;
  bitsOfTwo[1] = negative;
  return { least: -two[1]!, most: two[0]! };
}
