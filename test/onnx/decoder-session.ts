import * as runtime from 'onnxruntime-node';
import { DecoderNames } from '../../src/checkpoint/decoder-contract.js';

export interface CacheShape {
  readonly numHiddenLayers: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
}

/** Runs a decoder file by its public contract alone: right-padded rows, cache in and out. */
export class DecoderSession {
  private constructor(
    private readonly session: runtime.InferenceSession,
    private readonly shape: CacheShape,
  ) {}

  static async open(
    model: string | Uint8Array,
    shape: CacheShape,
    optimised = true,
  ): Promise<DecoderSession> {
    const graphOptimizationLevel = optimised ? 'all' : 'disabled';
    const options = { logSeverityLevel: 3, intraOpNumThreads: 1, graphOptimizationLevel } as const;
    // Both forms take the same options; the types want to know which one is meant.
    const session =
      typeof model === 'string'
        ? await runtime.InferenceSession.create(model, options)
        : await runtime.InferenceSession.create(model, options);
    return new DecoderSession(session, shape);
  }

  emptyCache(rows: number): Record<string, runtime.Tensor> {
    const dims = [rows, this.shape.numKeyValueHeads, 0, this.shape.headDim];
    const cache: Record<string, runtime.Tensor> = {};
    for (let layer = 0; layer < this.shape.numHiddenLayers; layer++) {
      for (const name of [DecoderNames.pastKey(layer), DecoderNames.pastValue(layer)]) {
        cache[name] = new runtime.Tensor('float32', new Float32Array(0), dims);
      }
    }
    return cache;
  }

  /**
   * @param rows new tokens of each row; shorter rows are padded on the right
   * @param past tokens of each row that the cache holds
   * @returns logits by row and position, and the cache for the next call
   */
  async run(
    rows: readonly (readonly number[])[],
    past: readonly number[],
    cache: Record<string, runtime.Tensor>,
  ): Promise<{
    logits: (row: number, position: number) => Float32Array;
    cache: Record<string, runtime.Tensor>;
  }> {
    const width = Math.max(...rows.map((row) => row.length));
    const total = Math.max(...rows.map((row, i) => past[i]! + row.length));
    const ids = new BigInt64Array(rows.length * width);
    const mask = new BigInt64Array(rows.length * total);
    rows.forEach((row, i) => {
      row.forEach((id, j) => {
        ids[i * width + j] = BigInt(id);
      });
      mask.fill(1n, i * total, i * total + past[i]! + row.length);
    });
    const result = await this.session.run({
      ...cache,
      [DecoderNames.inputIds]: new runtime.Tensor('int64', ids, [rows.length, width]),
      [DecoderNames.attentionMask]: new runtime.Tensor('int64', mask, [rows.length, total]),
    });
    const next: Record<string, runtime.Tensor> = {};
    for (let layer = 0; layer < this.shape.numHiddenLayers; layer++) {
      next[DecoderNames.pastKey(layer)] = result[DecoderNames.presentKey(layer)]!;
      next[DecoderNames.pastValue(layer)] = result[DecoderNames.presentValue(layer)]!;
    }
    const logits = result[DecoderNames.logits]!;
    const values = logits.data as Float32Array;
    const vocabulary = logits.dims[2]!;
    return {
      logits: (row, position) => {
        const at = (row * width + position) * vocabulary;
        return values.subarray(at, at + vocabulary);
      },
      cache: next,
    };
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}
