/** All the scheduler knows; lengths are in tokens. */
export interface SchedulerSnapshot {
  /** Prompts not started yet, oldest first; lengths without the prefix that is computed already. */
  readonly waiting: readonly { readonly length: number; readonly onPrefix: boolean }[];
  readonly running: readonly { readonly onPrefix: boolean }[];
  /** The run before was a prefill: free slots are being filled. */
  readonly refilling: boolean;
  /** Rows that may be decoded side by side. */
  readonly slots: number;
  /** Tokens that one prefill may hold, padding included; a single longer row still goes alone. */
  readonly prefillTokens: number;
  /** No more rows will come. */
  readonly inputEnded: boolean;
  /** More rows may be read before the oldest unfinished one is delivered. */
  readonly mayRead: boolean;
}

export type StepPlan =
  /** Indices into `waiting`. */
  | { readonly kind: 'prefill'; readonly rows: readonly number[] }
  | { readonly kind: 'decode' }
  | { readonly kind: 'read' }
  | { readonly kind: 'done' };

/**
 * Decides the next step from a snapshot alone. Free slots are filled before anything else, first by reading, so that
 * rows of like length can be chosen together: the oldest waiting row, and those nearest to it in length. Rows that do
 * not share the prefix run among themselves.
 */
export function plan(snapshot: SchedulerSnapshot): StepPlan {
  const { waiting, running, refilling, slots, inputEnded, mayRead } = snapshot;
  const wanted = 2 * slots;
  if (!inputEnded && mayRead && waiting.length < wanted) return { kind: 'read' };
  const free = slots - running.length;
  // A refill of one or two rows wastes the model's passes: wait until a few can go, and then fill all slots.
  const few = refilling ? 1 : Math.max(1, slots >> 2);
  const worthwhile = Math.min(few, Math.max(1, waiting.length));
  if (waiting.length > 0 && (running.length === 0 || free >= worthwhile)) {
    const rows = chooseRows(snapshot, free);
    if (rows.length > 0) return { kind: 'prefill', rows };
  }
  if (running.length > 0) return { kind: 'decode' };
  if (!inputEnded) return { kind: 'read' };
  return { kind: 'done' };
}

function chooseRows({ waiting, running, prefillTokens }: SchedulerSnapshot, free: number): number[] {
  const onPrefix = running[0]?.onPrefix ?? waiting[0]!.onPrefix;
  const oldest = waiting.findIndex((row) => row.onPrefix === onPrefix);
  if (oldest < 0) return [];
  const length = waiting[oldest]!.length;
  const candidates = waiting
    .map((row, index) => ({ index, row, distance: Math.abs(row.length - length) }))
    .filter(({ row }) => row.onPrefix === onPrefix)
    .sort((a, b) => a.distance - b.distance || a.index - b.index);
  const chosen: number[] = [];
  let longest = 0;
  for (const { index, row } of candidates) {
    if (chosen.length >= free) break;
    const padded = Math.max(longest, row.length);
    if (chosen.length > 0 && padded * (chosen.length + 1) > prefillTokens) continue;
    chosen.push(index);
    longest = padded;
  }
  return chosen.sort((a, b) => a - b);
}
