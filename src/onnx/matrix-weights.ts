import { DataType } from './proto.js';
import { quantizeBlocks4, quantizeRowsPairBounded } from './quantize.js';
import {
  bytesOf,
  halfRowChunks,
  type MatrixSource,
  rowChunks,
  type Scratch,
  type WeightGroup,
} from './weights.js';

/** Elements of the input dimension that share a scale in 4-bit matrices. */
export const BLOCK_SIZE = 32;

/** W stored as float16 in the checkpoint's own order: nothing is turned, so it goes through as fast as it is read. */
export function float16RowsWeight(name: string, source: MatrixSource): WeightGroup {
  const { rows, columns } = source;
  return {
    tensors: [
      {
        name: `${name}.weight`,
        dataType: DataType.float16,
        dims: [rows, columns],
        byteLength: 2 * rows * columns,
      },
    ],
    async write(sink, scratch) {
      for await (const { first, values } of halfRowChunks(source, scratch))
        await sink(0, 2 * first * columns, bytesOf(values));
    },
  };
}

/** W stored as float32 [columns, rows]: what plain MatMul wants. */
export function float32ColumnsWeight(name: string, source: MatrixSource): WeightGroup {
  const { rows, columns } = source;
  return {
    tensors: [
      {
        name: `${name}.weight`,
        dataType: DataType.float32,
        dims: [columns, rows],
        byteLength: 4 * rows * columns,
      },
    ],
    write: (sink, scratch) =>
      transposeInTiles(
        source,
        scratch,
        Float32Array,
        (tile) => tile,
        (offset, piece) => sink(0, 4 * offset, bytesOf(piece)),
      ),
  };
}

/** W stored as int8 [columns, rows] with a float32 scale per row of the source. */
export function int8ColumnsWeight(name: string, source: MatrixSource): WeightGroup {
  const { rows, columns } = source;
  return {
    tensors: [
      { name: `${name}.weight`, dataType: DataType.int8, dims: [columns, rows], byteLength: rows * columns },
      { name: `${name}.scale`, dataType: DataType.float32, dims: [rows], byteLength: 4 * rows },
    ],
    async write(sink, scratch) {
      const scales = new Float32Array(rows);
      await transposeInTiles(
        source,
        scratch,
        Int8Array,
        (tile, firstRow) => {
          const quantized = quantizeRowsPairBounded(tile, columns);
          scales.set(quantized.scales, firstRow);
          return quantized.values;
        },
        (offset, piece) => sink(0, offset, bytesOf(piece)),
      );
      await sink(1, 0, bytesOf(scales));
    },
  };
}

/** W in blocks of {@link BLOCK_SIZE} along its rows, 4 bits a value and a zero point a block, as MatMulNBits wants it. */
export function blocks4Weight(name: string, source: MatrixSource): WeightGroup {
  const { rows, columns } = source;
  const blocks = Math.ceil(columns / BLOCK_SIZE);
  const half = BLOCK_SIZE / 2;
  const zeroBytes = Math.ceil(blocks / 2);
  return {
    tensors: [
      {
        name: `${name}.weight`,
        dataType: DataType.uint8,
        dims: [rows, blocks, half],
        byteLength: rows * blocks * half,
      },
      {
        name: `${name}.scale`,
        dataType: DataType.float32,
        dims: [rows * blocks],
        byteLength: 4 * rows * blocks,
      },
      {
        name: `${name}.zero_point`,
        dataType: DataType.uint8,
        dims: [rows * zeroBytes],
        byteLength: rows * zeroBytes,
      },
    ],
    async write(sink, scratch) {
      for await (const { first, values } of rowChunks(source, scratch)) {
        const packed = quantizeBlocks4(values, columns, BLOCK_SIZE);
        await sink(0, first * blocks * half, packed.values);
        await sink(1, 4 * first * blocks, bytesOf(packed.scales));
        await sink(2, first * zeroBytes, packed.zeroPoints);
      }
    },
  };
}

type TileArray = Float32Array | Int8Array;

/**
 * Reads rows in chunks, converts them, and hands out the transposed matrix in bands of whole columns of the source.
 * Where memory for all of it is not allowed, the source is read once for each band.
 */
async function transposeInTiles<T extends TileArray>(
  source: MatrixSource,
  scratch: Scratch,
  ArrayType: {
    new (buffer: ArrayBuffer, offset: number, length: number): T;
    readonly BYTES_PER_ELEMENT: number;
  },
  convert: (tile: Float32Array, firstRow: number) => T,
  emit: (elementOffset: number, piece: T) => Promise<void> | void,
): Promise<void> {
  const { rows, columns } = source;
  const columnBytes = rows * ArrayType.BYTES_PER_ELEMENT;
  const most = Math.max(1, Math.floor(scratch.most / columnBytes));
  const bands = Math.ceil(columns / most);
  const width = Math.ceil(columns / bands);
  for (let from = 0; from < columns; from += width) {
    const to = Math.min(from + width, columns);
    const buffer = scratch.take('band', (to - from) * columnBytes);
    const band = new ArrayType(buffer, 0, (to - from) * rows);
    for await (const { first, count, values } of rowChunks(source, scratch)) {
      turn(convert(values, first), columns, count, from, to, band, rows, first);
    }
    await emit(from * rows, band);
  }
}

/** Writes columns `from` to `to` of a tile [count, columns] as rows of a band [to - from, rows], from `first` on. */
function turn(
  tile: TileArray,
  columns: number,
  count: number,
  from: number,
  to: number,
  band: TileArray,
  rows: number,
  first: number,
): void {
  // 32 x 32 pieces keep both sides in the first-level cache.
  for (let r0 = 0; r0 < count; r0 += 32) {
    const r1 = Math.min(r0 + 32, count);
    for (let c0 = from; c0 < to; c0 += 32) {
      const c1 = Math.min(c0 + 32, to);
      for (let c = c0; c < c1; c++) {
        const at = (c - from) * rows + first;
        for (let r = r0; r < r1; r++) band[at + r] = tile[r * columns + c]!;
      }
    }
  }
}
