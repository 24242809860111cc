/**
 * The tokens of a vocabulary as a tree of bytes, laid out in the order of a walk from the root: a node's children
 * follow it, and `subtreeEnd` is where to go on when none of them matters. Tokens with the same bytes are one node.
 */
export interface TokenTrie {
  readonly numNodes: number;
  /** [numNodes]: the byte that leads to the node. The root (empty text) has no node. */
  readonly byteOf: Uint8Array;
  /** [numNodes]: length of the node's text, from 1. */
  readonly depth: Uint16Array;
  /** [numNodes]: the first node behind this one's descendants. */
  readonly subtreeEnd: Int32Array;
  /** [numNodes]: the text of this number (see `tokensOfText`), or -1 where no token ends. */
  readonly textOf: Int32Array;
  /** The tokens that stand for each text, in ascending order of ids. */
  readonly tokensOfText: readonly (readonly number[])[];
  readonly maxDepth: number;
}

/** Longer tokens are left out (real ones have at most a few hundred bytes). */
const MAX_TOKEN_BYTES = 4096;

/** `tokens[id]`: the token's bytes; null or nothing at all: not part of any text. */
export function buildTokenTrie(tokens: readonly (Uint8Array | null)[]): TokenTrie {
  // One UTF-16 unit for each byte: the built-in order of strings is then the order of bytes, and fast.
  const idsOf = new Map<string, number[]>();
  for (const [id, bytes] of tokens.entries()) {
    if (!bytes || bytes.length === 0 || bytes.length > MAX_TOKEN_BYTES) continue;
    const text = String.fromCharCode(...bytes);
    const ids = idsOf.get(text);
    if (ids === undefined) idsOf.set(text, [id]);
    else ids.push(id);
  }
  const texts = [...idsOf.keys()].sort();
  const capacity = texts.reduce((sum, text) => sum + text.length, 0);
  const byteOf = new Uint8Array(capacity);
  const depth = new Uint16Array(capacity);
  const subtreeEnd = new Int32Array(capacity);
  const textOf = new Int32Array(capacity).fill(-1);
  const open: number[] = [];
  let numNodes = 0;
  let maxDepth = 0;
  let before = '';
  for (const [number, text] of texts.entries()) {
    let shared = 0;
    while (shared < before.length && before.charCodeAt(shared) === text.charCodeAt(shared)) shared++;
    while (open.length > shared) subtreeEnd[open.pop()!] = numNodes;
    for (let i = shared; i < text.length; i++) {
      open.push(numNodes);
      byteOf[numNodes] = text.charCodeAt(i);
      depth[numNodes++] = i + 1;
    }
    textOf[open[open.length - 1]!] = number;
    maxDepth = Math.max(maxDepth, text.length);
    before = text;
  }
  for (const node of open) subtreeEnd[node] = numNodes;
  return {
    numNodes,
    byteOf: byteOf.slice(0, numNodes),
    depth: depth.slice(0, numNodes),
    subtreeEnd: subtreeEnd.slice(0, numNodes),
    textOf: textOf.slice(0, numNodes),
    tokensOfText: texts.map((text) => idsOf.get(text)!),
    maxDepth,
  };
}

/**
 * Every text that the automaton can take from `state`, with where it leads.
 *
 * @param next [states, 256] of a byte automaton
 * @param stopAt a text may end in this state but not run through it (-1: no such state)
 */
export function walkTexts(
  trie: TokenTrie,
  next: Int32Array,
  state: number,
  stopAt: number,
  visit: (text: number, target: number) => void,
): void {
  const { numNodes, byteOf, depth, subtreeEnd, textOf } = trie;
  const path = new Int32Array(trie.maxDepth + 1);
  path[0] = state;
  let node = 0;
  while (node < numNodes) {
    const level = depth[node]!;
    const target = next[path[level - 1]! * 256 + byteOf[node]!]!;
    if (target < 0) {
      node = subtreeEnd[node]!;
      continue;
    }
    path[level] = target;
    if (textOf[node]! >= 0) visit(textOf[node]!, target);
    node = target === stopAt ? subtreeEnd[node]! : node + 1;
  }
}
