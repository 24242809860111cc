import { createHash } from 'node:crypto';
import type { OutputField } from '../config/schema.js';
import type { Completion, GenerationRequest, RequestItem } from '../engine/completion.js';
import type { EncodedPrompt, PromptEncoder } from '../prompt/prompt-encoder.js';
import type { ScoringRow } from './model-port.js';
import type { RowRecord } from './record.js';
import { parseResponse } from './response-parser.js';

/** What the scorer needs of an engine. */
export interface CompletionSource {
  generate(
    requests: AsyncIterable<RequestItem>,
    options?: { signal?: AbortSignal },
  ): AsyncIterable<Completion | null>;
}

/**
 * Distinct prompts whose answers are kept for later duplicates, those that came last. An answer takes about a kilobyte,
 * and memory may not grow with the table. More than can be pending at a time (8 * 1024 slots and HELD_ROWS), so that an
 * answer is never dropped before the duplicates that wait for it have it.
 */
const REMEMBERED_ANSWERS = 10_000;

/** Duplicates held back behind an unfinished row at most; bounds memory for a table of a million equal cells. */
const HELD_ROWS = 256;

/** An answer without the row it was given for. */
type Answer = Omit<RowRecord, 'row'>;

/**
 * Scores rows with one model: text to prompt, prompt to completion, completion to record. Equal prompts are completed
 * once and the answer copied: profiles such as "N/A" come by the hundred.
 */
export class ModelScorer {
  /** Rows answered by copying. */
  duplicates = 0;
  readonly #answers = new Map<string, Answer>();

  constructor(
    private readonly encoder: PromptEncoder,
    private readonly engine: CompletionSource,
    private readonly fields: readonly OutputField[],
  ) {}

  /** Yields one record a row, in the order of the rows. */
  async *score(
    rows: AsyncIterable<ScoringRow>,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<RowRecord> {
    /** Rows read and not yet delivered, in order; those with a prompt of their own wait for the engine. */
    const pending: { row: number; key: string; prompt: EncodedPrompt | null }[] = [];
    const inFlight = new Set<string>();
    const encode = (row: ScoringRow): GenerationRequest | null => {
      const prompt = this.encoder.encode(row.text);
      const key = createHash('sha256')
        .update(prompt.tokens)
        .update(prompt.truncated ? '1' : '0')
        .digest('base64');
      const answer = this.#answers.get(key);
      // One that is used again stays: "N/A" comes all through a table.
      if (answer !== undefined) this.#remember(key, answer);
      const known = answer !== undefined || inFlight.has(key);
      pending.push({ row: row.row, key, prompt: known ? null : prompt });
      if (known) return null;
      inFlight.add(key);
      return { id: row.row, tokens: prompt.tokens };
    };
    const answers = this.#answers;
    const headIsReady = (): boolean => pending[0]?.prompt === null && answers.has(pending[0].key);
    async function* requests(): AsyncGenerator<RequestItem> {
      for await (const row of rows) {
        const request = encode(row);
        if (request !== null) yield request;
        if (headIsReady()) yield 'deliver';
        while (pending.length >= HELD_ROWS && pending.at(-1)!.prompt === null) yield 'wait';
      }
    }
    /** Delivers the rows at the head that need nothing more. */
    const drain = function* (this: ModelScorer): Generator<RowRecord> {
      while (pending.length > 0 && pending[0]!.prompt === null) {
        const { row, key } = pending[0]!;
        const answer = this.#answers.get(key);
        if (answer === undefined) return;
        pending.shift();
        this.duplicates += 1;
        yield { row, ...answer };
      }
    }.bind(this);

    for await (const completion of this.engine.generate(requests(), options)) {
      yield* drain();
      if (completion === null) continue;
      const head = pending.shift()!;
      const answer = this.#answer(completion, head.prompt!);
      inFlight.delete(head.key);
      this.#remember(head.key, answer);
      yield { row: head.row, ...answer };
      yield* drain();
    }
    yield* drain();
  }

  #answer(completion: Completion, prompt: EncodedPrompt): Answer {
    const counts = { inputTokens: prompt.tokens.length, outputTokens: completion.tokens.length };
    if (completion.finishReason === 'non_finite') {
      return { status: 'error_non_finite', raw: null, values: null, confidence: null, ...counts };
    }
    const raw = this.encoder.decode(completion.tokens);
    const parsed = parseResponse(raw, this.fields);
    if (parsed.ok) {
      const status = prompt.truncated ? 'truncated_input' : 'ok';
      return { status, raw, values: parsed.values, confidence: rounded(completion.confidence), ...counts };
    }
    const status = completion.finishReason === 'length' ? 'truncated_output' : 'invalid_output';
    return { status, raw, values: null, confidence: null, ...counts };
  }

  #remember(key: string, answer: Answer): void {
    this.#answers.delete(key);
    if (this.#answers.size >= REMEMBERED_ANSWERS) {
      const oldest = this.#answers.keys().next().value;
      if (oldest !== undefined) this.#answers.delete(oldest);
    }
    this.#answers.set(key, answer);
  }
}

/** Six decimals: more would only show how a processor rounds. */
function rounded(confidence: number | null): number | null {
  return confidence === null ? null : Math.round(confidence * 1e6) / 1e6;
}
