import type { ProcessorPlan } from '../backends/processor-plan.js';
import type { OutputField } from '../config/schema.js';
import type { ModelInfo, ScoringRow } from '../scoring/model-port.js';
import { ROW_STATUSES, type RowRecord } from '../scoring/record.js';

/** What a child is told to load: plain data, token included, because it crosses a process border. */
export interface LoadRequest {
  readonly name: string;
  readonly modelId: string;
  readonly localPath: string | null;
  readonly revision: string | null;
  readonly token: string | null;
  readonly quantization: 'none' | '8bit' | '4bit' | null;
  readonly constrained: boolean;
  readonly prompt: { readonly system: string; readonly user_template?: string };
  readonly fields: readonly OutputField[];
  readonly batchSize: number | 'auto';
  readonly maxInputTokens: number;
  readonly maxNewTokens: number;
  readonly device: 'auto' | 'cpu' | 'cuda';
  readonly offline: boolean;
  /** What the first child of this model decided, for the others and for its successors. */
  readonly plan: ProcessorPlan | null;
}

export type ToChild =
  | { readonly type: 'load'; readonly request: LoadRequest }
  | { readonly type: 'rows'; readonly rows: readonly ScoringRow[] }
  | { readonly type: 'end' };

export type FromChild =
  | { readonly type: 'loaded'; readonly info: ModelInfo; readonly plan?: ProcessorPlan }
  | { readonly type: 'note'; readonly line: string }
  | {
      readonly type: 'refused';
      readonly code: string;
      readonly message: string;
      readonly hint: string | null;
      readonly at: object;
    }
  | { readonly type: 'records'; readonly records: readonly RowRecord[] }
  /** Sent every second while the child's event loop turns; `progress` grows while it works. */
  | { readonly type: 'alive'; readonly progress: number }
  /** Records that are made and wait behind an earlier row's, when there are not those of before less those sent since. */
  | { readonly type: 'held'; readonly records: number }
  | { readonly type: 'finished' };

const statuses: ReadonlySet<string> = new Set(ROW_STATUSES);

/** Whether a child that scores may say this, up to the records themselves. One that says anything else is at fault. */
export function isScoringMessage(value: unknown): value is FromChild {
  if (typeof value !== 'object' || value === null) return false;
  const message = value as Record<string, unknown>;
  if (message['type'] === 'records') return Array.isArray(message['records']);
  if (message['type'] === 'held')
    return Number.isInteger(message['records']) && (message['records'] as number) >= 0;
  if (message['type'] === 'note') return typeof message['line'] === 'string';
  if (message['type'] === 'refused') return typeof message['code'] === 'string';
  return message['type'] === 'finished';
}

/** Whether a child's word is a record for the row that is due. A child that answers anything else is at fault. */
export function isRecordFor(value: unknown, row: number): value is RowRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  const { status, raw, values, confidence } = record;
  return (
    record['row'] === row &&
    typeof status === 'string' &&
    statuses.has(status) &&
    (raw === null || typeof raw === 'string') &&
    (values === null || (typeof values === 'object' && !Array.isArray(values))) &&
    (confidence === null || (typeof confidence === 'number' && confidence >= 0 && confidence <= 1)) &&
    Number.isInteger(record['inputTokens']) &&
    Number.isInteger(record['outputTokens'])
  );
}
