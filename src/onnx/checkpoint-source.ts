import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { TensorSource } from './decoder.js';

/** A checkpoint's tensors as the decoder builder asks for them; each is checked against the config when it is named. */
export function checkpointSource(checkpoint: Checkpoint): TensorSource {
  return {
    matrix(name, rows, columns) {
      checkpoint.require(name, [rows, columns]);
      return {
        rows,
        columns,
        readRows: (first, count, target) => checkpoint.readRows(name, first, count, target),
        readHalfRows: (first, count, target) => checkpoint.readHalfRows(name, first, count, target),
      };
    },
    vector(name, length) {
      checkpoint.require(name, [length]);
      return () => checkpoint.readRows(name, 0, length);
    },
  };
}
