import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { CacheShape, FreshKeyValues } from '../engine/key-value-cache.js';
import { KeyValueCache } from '../engine/key-value-cache.js';
import type { ModelRunner, RowInput, RunResult } from '../engine/model-runner.js';
import { choiceTables } from '../grammar/choice-tables.js';
import type { TokenTables } from '../grammar/token-tables.js';
import { KEY_ALIGNMENT, GenerationNames as N } from '../onnx/generation-names.js';

type Runtime = typeof import('onnxruntime-node');
type Feeds = Record<string, Tensor>;

/** Pieces in which prompts are fed; keeps the scores of one run small. */
const PREFILL_CHUNK = 256;
/**
 * Rows of a run at least. With a single row some matrix products take another code path, with sums in another order;
 * a second row, thrown away, keeps every row's numbers the same in any company. The prefix and prompts in pieces are
 * always alone, and so always take the same path.
 */
const MIN_ROWS = { together: 2, alone: 1 };
/** Tokens of a prefill at least, for the same reason: a last piece may be a single token. */
const MIN_TOKENS = { prefill: 2, decode: 1 };

/** Runs a generation graph on ONNX Runtime. Keys and values live here, between runs, as plain arrays. */
export class OnnxModelRunner implements ModelRunner {
  readonly prefillChunk = PREFILL_CHUNK;
  readonly #cache: KeyValueCache;
  readonly #grammar: Feeds;
  #prefix: { length: number; feeds: Feeds };
  readonly #noPrefix: { length: number; feeds: Feeds };
  /** Rows whose prompt comes in pieces, each in a cache of its own until it is decoded with the others. */
  readonly #partial = new Map<number, KeyValueCache>();
  readonly #onPrefix = new Map<number, boolean>();

  constructor(
    private readonly runtime: Runtime,
    private readonly session: InferenceSession,
    private readonly shape: CacheShape,
    private readonly tables: TokenTables,
  ) {
    this.#cache = new KeyValueCache(shape, KEY_ALIGNMENT);
    this.#grammar = this.#grammarFeeds(tables);
    this.#noPrefix = this.#prefixFeeds([], [], 0);
    this.#prefix = this.#noPrefix;
  }

  async setPrefix(tokens: Int32Array): Promise<void> {
    // Whole pieces are multiples of the alignment; the end of the last one is not padded.
    const cache = new KeyValueCache(this.shape, 1);
    for (let at = 0; at < tokens.length; at += PREFILL_CHUNK) {
      const row = { row: 0, tokens: tokens.subarray(at, at + PREFILL_CHUNK), ...this.#start() };
      const { fresh } = await this.#run([row], 1, this.#noPrefix, cache, {
        rows: MIN_ROWS.alone,
        tokens: MIN_TOKENS.prefill,
      });
      cache.append(0, fresh, 0, row.tokens.length);
    }
    const { keys, values } = cache.layOut(tokens.length > 0 ? [0] : []);
    this.#prefix = this.#prefixFeeds(keys, values, tokens.length);
  }

  async prefill(
    rows: readonly RowInput[],
    options: { onPrefix: boolean; more: boolean },
  ): Promise<RunResult> {
    const prefix = options.onPrefix ? this.#prefix : this.#noPrefix;
    const begun = this.#partial.get(rows[0]!.row);
    const cache = begun ?? new KeyValueCache(this.shape, KEY_ALIGNMENT);
    const inPieces = options.more || begun !== undefined;
    const { result, fresh } = await this.#run(rows, 1, prefix, cache, {
      rows: inPieces ? MIN_ROWS.alone : MIN_ROWS.together,
      tokens: MIN_TOKENS.prefill,
    });
    rows.forEach(({ row, tokens }, index) => {
      this.#onPrefix.set(row, options.onPrefix);
      if (inPieces) this.#partial.set(row, cache);
      (inPieces ? cache : this.#cache).append(row, fresh, index, tokens.length);
    });
    return result;
  }

  async decode(rows: readonly RowInput[], steps: number): Promise<RunResult> {
    this.#adoptPartial(rows);
    const prefix = this.#onPrefix.get(rows[0]!.row) === true ? this.#prefix : this.#noPrefix;
    const { result, fresh } = await this.#run(rows, steps, prefix, this.#cache, {
      rows: MIN_ROWS.together,
      tokens: MIN_TOKENS.decode,
    });
    rows.forEach((row, index) => {
      this.#cache.append(row.row, fresh, index, result.steps);
    });
    return result;
  }

  release(row: number): void {
    this.#cache.release(row);
    this.#partial.delete(row);
    this.#onPrefix.delete(row);
  }

  async dispose(): Promise<void> {
    await this.session.release();
  }

  /** Moves rows whose prompt came in pieces to the cache of the rows being decoded. */
  #adoptPartial(rows: readonly RowInput[]): void {
    for (const { row } of rows) {
      const batch = this.#partial.get(row)?.layOut([row]);
      if (batch === undefined) continue;
      this.#partial.delete(row);
      const { keys, values, length, lengths } = batch;
      this.#cache.append(row, { keys, values, length, rows: 1 }, 0, lengths[0]!);
    }
  }

  #start(): { state: number; budget: number } {
    return { state: this.tables.initialState, budget: this.tables.initialBudget };
  }

  async #run(
    rows: readonly RowInput[],
    steps: number,
    prefix: { length: number; feeds: Feeds },
    cache: KeyValueCache,
    fewest: { rows: number; tokens: number },
  ): Promise<{ result: RunResult; fresh: FreshKeyValues }> {
    const { Tensor } = this.runtime;
    const count = Math.max(rows.length, fewest.rows);
    const filler = { row: -1, tokens: Int32Array.of(0), state: this.tables.endState, budget: 0 };
    const padded = Array.from({ length: count }, (_, i) => rows[i] ?? filler);
    const batch = cache.layOut(padded.map(({ row }) => row));
    const sequence = Math.max(fewest.tokens, ...rows.map((row) => row.tokens.length));
    const tokens = new BigInt64Array(count * sequence);
    padded.forEach((row, i) => {
      row.tokens.forEach((token, j) => {
        tokens[i * sequence + j] = BigInt(token);
      });
    });
    const int64 = (values: readonly number[], dims: number[]): Tensor =>
      new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
    const int32 = (values: readonly number[]): Tensor =>
      new Tensor('int32', Int32Array.from(values), [count]);
    const feeds: Feeds = {
      ...this.#grammar,
      ...prefix.feeds,
      [N.steps]: int64([steps], []),
      [N.tokens]: new Tensor('int64', tokens, [count, sequence]),
      [N.firstPosition]: int64(
        batch.lengths.map((own) => prefix.length + own),
        [count, 1],
      ),
      [N.lastIndex]: int64(
        padded.map((row) => row.tokens.length - 1),
        [count],
      ),
      [N.ownLength]: int64(batch.lengths, [count]),
      [N.state]: int32(padded.map((row) => row.state)),
      [N.budget]: int32(padded.map((row) => row.budget)),
    };
    const { numLayers, numKeyValueHeads: heads, headDim } = this.shape;
    const dims = [heads, count, 1, batch.length, headDim];
    for (let layer = 0; layer < numLayers; layer++) {
      feeds[N.ownKey(layer)] = new Tensor('float32', batch.keys[layer]!, dims);
      feeds[N.ownValue(layer)] = new Tensor('float32', batch.values[layer]!, dims);
    }
    const outputs = await this.session.run(feeds);
    const chosen = outputs[N.chosen]!;
    const stepsRun = chosen.dims[0]!;
    const keys: Float32Array[] = [];
    const values: Float32Array[] = [];
    for (let layer = 0; layer < numLayers; layer++) {
      keys.push(outputs[N.freshKey(layer)]!.data as Float32Array);
      values.push(outputs[N.freshValue(layer)]!.data as Float32Array);
    }
    const result: RunResult = {
      steps: stepsRun,
      chosen: firstColumns(chosen.data as Int32Array, stepsRun, count, rows.length, 1),
      state: (outputs[N.finalState]!.data as Int32Array).subarray(0, rows.length),
      budget: (outputs[N.finalBudget]!.data as Int32Array).subarray(0, rows.length),
      broken: (outputs[N.broken]!.data as Uint8Array).subarray(0, rows.length),
      candidateLogits: firstColumns(
        outputs[N.candidateLogits]!.data as Float32Array,
        stepsRun,
        count,
        rows.length,
        outputs[N.candidateLogits]!.dims[2]!,
      ),
    };
    const length = outputs[N.freshKey(0)]!.dims[3]!;
    return { result, fresh: { keys, values, rows: count, length } };
  }

  #grammarFeeds(tables: TokenTables): Feeds {
    const { Tensor } = this.runtime;
    const { numStates, numClasses, vocabSize } = tables;
    const choice = choiceTables(tables);
    const candidates = tables.decision?.candidateTokens ?? Int32Array.of(0);
    const perState = (values: Int32Array): Tensor => new Tensor('int32', values, [numStates]);
    return {
      [N.nextState]: new Tensor('int32', tables.nextState, [numStates, numClasses]),
      [N.classOfToken]: new Tensor('int32', tables.classOfToken, [vocabSize]),
      [N.allowedTokens]: new Tensor('int32', choice.allowedTokens, [numStates, choice.listWidth]),
      [N.maskOfState]: perState(choice.maskOfState),
      [N.masks]: new Tensor('bool', choice.masks, [choice.numMasks, vocabSize]),
      [N.budgetOfState]: perState(tables.budgetOfState),
      [N.budgetStart]: perState(tables.budgetStart),
      [N.drainState]: perState(tables.drainState),
      [N.endState]: new Tensor('int32', Int32Array.of(tables.endState), [1]),
      [N.candidates]: new Tensor('int32', candidates, [candidates.length]),
    };
  }

  #prefixFeeds(
    keys: readonly Float32Array[],
    values: readonly Float32Array[],
    length: number,
  ): { length: number; feeds: Feeds } {
    const { Tensor } = this.runtime;
    const { numLayers, numKeyValueHeads: heads, headDim } = this.shape;
    const feeds: Feeds = { [N.prefixLength]: new Tensor('int64', BigInt64Array.of(BigInt(length)), [1]) };
    const none = new Float32Array(0);
    for (let layer = 0; layer < numLayers; layer++) {
      const dims = [heads, length, headDim];
      feeds[N.prefixKey(layer)] = new Tensor('float32', keys[layer] ?? none, dims);
      feeds[N.prefixValue(layer)] = new Tensor('float32', values[layer] ?? none, dims);
    }
    return { length, feeds };
  }
}

/** Keeps the first `wanted` of `columns` columns of a [rows, columns, width] array. */
function firstColumns<T extends Int32Array | Float32Array>(
  data: T,
  rows: number,
  columns: number,
  wanted: number,
  width: number,
): T {
  if (wanted === columns) return data;
  const out = data.slice(0, rows * wanted * width) as T;
  for (let row = 0; row < rows; row++) {
    out.set(data.subarray(row * columns * width, (row * columns + wanted) * width), row * wanted * width);
  }
  return out;
}
