import { createHash } from 'node:crypto';
import { createConfig } from '../../src/config/create-config.js';
import type { Config } from '../../src/config/schema.js';
import { RunScoringError } from '../../src/foundation/errors.js';
import type { LoadedModel, LoadModel, ScoringRow } from '../../src/scoring/model-port.js';
import type { RowRecord, RowStatus } from '../../src/scoring/record.js';

/** What a scripted model does besides answering. */
export interface Script {
  /** Rows that it takes in before it answers the first of them. */
  readAhead?: number;
  failToLoad?: boolean;
  /** Called before the model is loaded; may wait, abort or throw. */
  beforeLoad?: () => unknown;
  /** Is lost for good when it should answer this row. */
  dieAtRow?: number;
  /** Called before each answer; may wait, abort or throw. */
  beforeAnswer?: (row: number) => unknown;
  /** Status of a row instead of `ok`. */
  statusOf?: (row: number, text: string) => RowStatus;
  /** Replaces the answers altogether. */
  answer?: (rows: AsyncIterable<ScoringRow>) => AsyncIterable<RowRecord>;
  fingerprint?: string;
}

export interface ScriptedModels {
  readonly loadModel: LoadModel;
  /** `load a`, `dispose a`, `a 0`, … in the order of things. */
  readonly events: string[];
}

const TAGS = ['personal_information', 'sensitive_information', 'poor_grammar'];

/** The answer of a scripted model: a function of its name, the text and the script alone. */
export function scriptedRecord(name: string, row: ScoringRow, script: Script = {}): RowRecord {
  const digest = createHash('sha256').update(`${name}\0${row.text}`).digest();
  const status = script.statusOf?.(row.row, row.text) ?? 'ok';
  const tags = TAGS.filter((_, index) => (digest[index]! & 1) === 1);
  const values = {
    flag: tags.length > 0 ? 'bad' : 'good',
    reasoning: `=because ${digest.toString('hex', 4, 8)}, "so"\n`,
    tags,
    recommendation: 'Nichts – alles gut.',
  };
  const scored = status === 'ok' || status === 'truncated_input';
  return {
    row: row.row,
    status,
    raw: scored ? JSON.stringify(values) : `broken ${digest[5]}`,
    values: scored ? values : null,
    confidence: scored ? digest[6]! / 255 : null,
    inputTokens: 10 + row.text.length,
    outputTokens: 5,
  };
}

export function scriptedModels(scripts: Record<string, Script> = {}, fallback: Script = {}): ScriptedModels {
  const events: string[] = [];
  const loadModel: LoadModel = async (entry) => {
    const script = scripts[entry.name] ?? fallback;
    events.push(`load ${entry.name}`);
    await script.beforeLoad?.();
    if (script.failToLoad === true) {
      throw new RunScoringError('MODEL_MISSING', 'The model folder is not there.', { hint: 'Fetch it.' });
    }
    const model: LoadedModel = {
      info: {
        name: entry.name,
        modelId: entry.model_id,
        source: entry.model_id,
        revision: null,
        fingerprint: script.fingerprint ?? `weights of ${entry.name}`,
        executionProvider: 'cpu',
        quantization: 'none',
        slots: 4,
        loadMs: 1,
      },
      score: (rows, options) =>
        script.answer?.(rows) ?? answerInOrder(entry.name, script, events, rows, options?.signal),
      dispose: async () => void events.push(`dispose ${entry.name}`),
    };
    return model;
  };
  return { loadModel, events };
}

async function* answerInOrder(
  name: string,
  script: Script,
  events: string[],
  rows: AsyncIterable<ScoringRow>,
  signal: AbortSignal | undefined,
): AsyncGenerator<RowRecord> {
  const held: ScoringRow[] = [];
  const answer = async (row: ScoringRow) => {
    await script.beforeAnswer?.(row.row);
    if (script.dieAtRow === row.row) throw new RunScoringError('MODEL_DIED', 'The model was lost.');
    if (events.length < 10_000) events.push(`${name} ${row.row}`);
    return scriptedRecord(name, row, script);
  };
  for await (const row of rows) {
    held.push(row);
    if (held.length <= (script.readAhead ?? 3)) continue;
    const record = await answer(held.shift()!);
    if (signal?.aborted === true) return;
    yield record;
  }
  for (const row of held) {
    const record = await answer(row);
    if (signal?.aborted === true) return;
    yield record;
  }
}

export function testConfig(names: readonly string[] = ['a'], extra: Record<string, unknown> = {}): Config {
  return createConfig({ models: names.map((name) => ({ name, model_id: `owner/${name}` })), ...extra });
}
