import type { ByteDfaBuilder } from './byte-dfa.js';

/** One spelling of a label and the state behind its closing quote. */
export interface LabelPath {
  /** The JSON spelling without the opening quote and with the closing one. */
  readonly bytes: Uint8Array;
  readonly target: number;
}

/** A label as the answer spells it, from behind its opening quote to behind its closing quote. */
export function spellLabel(label: string): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(label).slice(1));
}

/** A state in which more than one label is still possible, and the bytes written so far (without the opening quote). */
export interface UndecidedState {
  readonly state: number;
  readonly written: Uint8Array;
}

/**
 * The tree of some labels' spellings; returns the state behind the opening quote. No spelling is the beginning of
 * another, since each ends with the only bare quote in it.
 *
 * @param undecided collects the states that more than one label runs through, and keeps each apart from all others
 */
export function labelTree(
  dfa: ByteDfaBuilder,
  paths: readonly LabelPath[],
  undecided?: UndecidedState[],
  depth = 0,
): number {
  const [only, ...others] = paths;
  if (only === undefined) throw new RangeError('a tree without labels');
  if (others.length === 0) return dfa.chain(only.bytes.subarray(depth), only.target);
  const branches = new Map<number, LabelPath[]>();
  for (const path of paths) {
    const byte = path.bytes[depth]!;
    const branch = branches.get(byte);
    if (branch === undefined) branches.set(byte, [path]);
    else branch.push(path);
  }
  const edges = [...branches]
    .sort(([a], [b]) => a - b)
    .map(([byte, branch]) => [byte, byte, labelTree(dfa, branch, undecided, depth + 1)] as const);
  if (undecided === undefined) return dfa.state(edges);
  const written = only.bytes.subarray(0, depth);
  const state = dfa.state(edges, { mark: `undecided ${written.join(' ')}` });
  undecided.push({ state, written });
  return state;
}

/**
 * A JSON list of labels without doubles, from behind `[` to behind `]`.
 *
 *   start ─"label"─► item ─,"label"─► item ... ─]─► after
 *
 * In any order an item's state stands for the set of labels that are used up: 2^n sets. In list order it stands for
 * the last label, and only later ones may follow: n states, for lists too long for sets.
 *
 * @returns the state behind `[`
 */
export function labelListStates(
  dfa: ByteDfaBuilder,
  labels: readonly string[],
  after: number,
  anyOrder: boolean,
): number {
  const spellings = labels.map(spellLabel);
  const items = new Map<string, number>();
  const left = (used: bigint): number[] =>
    labels.map((_, index) => index).filter((index) => ((used >> BigInt(index)) & 1n) === 0n);
  /** `used`: a bit for each label that may not come any more. */
  const mark = (used: bigint, index: number): bigint =>
    anyOrder ? used | (1n << BigInt(index)) : (1n << BigInt(index + 1)) - 1n;

  const tree = (used: bigint): number =>
    labelTree(
      dfa,
      left(used).map((index) => ({ bytes: spellings[index]!, target: item(mark(used, index)) })),
    );
  const item = (used: bigint): number => {
    const key = used.toString();
    let state = items.get(key);
    if (state === undefined) {
      const close = [CLOSE, CLOSE, after] as const;
      if (left(used).length === 0) state = dfa.state([close]);
      else state = dfa.state([[COMMA, COMMA, dfa.state([[QUOTE, QUOTE, tree(used)]])], close]);
      items.set(key, state);
    }
    return state;
  };
  return dfa.state([
    [QUOTE, QUOTE, tree(0n)],
    [CLOSE, CLOSE, after],
  ]);
}

/** States that {@link labelListStates} makes in any order, roughly: half of the sets lack a given label. */
export function anyOrderStates(labels: readonly string[]): number {
  const bytes = labels.reduce((sum, label) => sum + spellLabel(label).length, 0);
  return 2 ** (labels.length - 1) * bytes;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const CLOSE = 0x5d;
