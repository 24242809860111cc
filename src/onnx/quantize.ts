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
 * Four bits per value in blocks along a row, symmetric around 8: value ≈ (nibble - 8) * scale, two nibbles a byte,
 * the earlier one low. The block's largest magnitude, with its sign, takes the one extra step of the negative side.
 */
export function quantizeBlocks4(
  values: Float32Array,
  columns: number,
  blockSize: number,
): { values: Uint8Array; scales: Float32Array } {
  const rows = values.length / columns;
  const blocks = Math.ceil(columns / blockSize);
  const out = new Uint8Array((rows * blocks * blockSize) / 2).fill(0x88);
  const scales = new Float32Array(rows * blocks);
  let index = 0;
  for (let row = 0; row < rows; row++) {
    const rowEnd = (row + 1) * columns;
    for (let block = 0; block < blocks; block++, index++) {
      const start = row * columns + block * blockSize;
      const end = Math.min(start + blockSize, rowEnd);
      let least = 0;
      let most = 0;
      for (let i = start; i < end; i++) {
        const value = values[i]!;
        if (value > most) most = value;
        else if (value < least) least = value;
      }
      const extreme = most > -least ? most : least;
      const scale = extreme === 0 ? 1 : Math.fround(extreme / -8);
      scales[index] = scale;
      const inverse = 1 / scale;
      let byte = (index * blockSize) >> 1;
      let i = start;
      for (; i + 1 < end; i += 2) {
        out[byte++] = nibble(values[i]! * inverse) | (nibble(values[i + 1]! * inverse) << 4);
      }
      if (i < end) out[byte] = 0x80 | nibble(values[i]! * inverse);
    }
  }
  return { values: out, scales };
}

/** -8 to 8 rounded to a whole number, 8 more, at most 15. */
function nibble(value: number): number {
  return Math.min((value + 8.5) | 0, 15);
}
