import { type Coordinates, RunScoringError } from '../foundation/errors.js';

/**
 * From what stands in a cell to what is meant; the empty text means that there is no label. One word may mean a label in
 * one kind of column and 1 in another.
 */
export type LabelMapping = readonly (readonly [word: string, meaning: string])[];

/** No label, or none that is known. */
export const NO_LABEL = -1;

/** Words for yes, no and nothing that tables hold; a mapping is offered for them, never guessed. */
const YES = ['1', '1.0', 'true', 'yes', 'y', 't', 'x', 'positive'];
const NO = ['0', '0.0', 'false', 'no', 'n', 'f', 'negative'];
const NOTHING = ['nan', 'none', 'null', 'na', 'n/a', '-', '?'];

export interface LabelSet {
  readonly labels: readonly string[];
  /** The label that words such as "yes" may mean, when there are two labels. */
  readonly positive: string;
}

/**
 * Reads the cells of label columns. Words that are no label are collected, so that one error can name them all.
 * A cell's text is shown only when it is one of the labels in another spelling, or a word of the lists above.
 */
export class LabelCodes {
  readonly #set: LabelSet;
  readonly #codes = new Map<string, number>();
  readonly #offers = new Map<string, string>();
  #firstOffer: Coordinates | undefined;
  #firstUnknown: Coordinates | undefined;

  constructor(set: LabelSet, mapping: LabelMapping) {
    this.#set = set;
    for (const [word, meaning] of mapping) {
      const code = set.labels.indexOf(meaning);
      if (code >= 0 || meaning === '') this.#codes.set(word, code >= 0 ? code : NO_LABEL);
    }
    set.labels.forEach((label, code) => {
      this.#codes.set(label, code);
      // As the formula guard writes it.
      this.#codes.set(`'${label}`, code);
    });
    this.#codes.set('', NO_LABEL);
  }

  /** Index of the label, or {@link NO_LABEL} for an empty cell and for a word that is noted as a fault. */
  read(cell: string, at: () => Coordinates): number {
    const known = this.#codes.get(cell);
    if (known !== undefined) return known;
    const word = cell.trim();
    const code = this.#codes.get(word);
    if (code !== undefined) return code;
    const meant = this.#meaningOf(word);
    if (meant === undefined) this.#firstUnknown ??= at();
    else {
      this.#firstOffer ??= at();
      if (this.#offers.size < 20) this.#offers.set(word, meant);
    }
    return NO_LABEL;
  }

  /** Where the first word stands that is no label in any spelling. */
  get firstUnknown(): Coordinates | undefined {
    return this.#firstUnknown;
  }

  /** Where the first word stands that is one in another spelling, and what the words may mean. */
  get offers(): { readonly at: Coordinates; readonly pairs: readonly string[] } | undefined {
    if (this.#firstOffer === undefined) return undefined;
    return { at: this.#firstOffer, pairs: [...this.#offers].map(([word, meaning]) => `${word}=${meaning}`) };
  }

  get isFaulty(): boolean {
    return this.#firstUnknown !== undefined || this.#firstOffer !== undefined;
  }

  /** The labels, for a message. */
  get known(): string {
    return this.#set.labels.map((label) => JSON.stringify(label)).join(', ');
  }

  #meaningOf(word: string): string | undefined {
    const { labels, positive } = this.#set;
    const folded = fold(word);
    const same = labels.find((label) => fold(label) === folded);
    if (same !== undefined) return same;
    const plain = word.toLowerCase();
    if (NOTHING.includes(plain)) return '';
    if (labels.length !== 2 || !labels.includes(positive)) return undefined;
    if (YES.includes(plain)) return positive;
    return NO.includes(plain) ? labels.find((label) => label !== positive) : undefined;
  }
}

/**
 * To be called when all cells were read, so that one error offers the mapping of all.
 * @throws RunScoringError INPUT_LABEL_UNKNOWN, INPUT_LABEL_SPELLING when a word was noted
 */
export function refuseLabelFaults(sets: readonly LabelCodes[]): void {
  for (const { firstUnknown, known } of sets) {
    if (firstUnknown === undefined) continue;
    throw new RunScoringError('INPUT_LABEL_UNKNOWN', `The cell holds none of the labels ${known}.`, {
      at: firstUnknown,
      hint: 'Name the config that the table was made with (--config), or say what the word means: --map-labels WORD=LABEL.',
    });
  }
  const offered = sets.filter((set) => set.offers !== undefined);
  const [first] = offered;
  if (first === undefined) return;
  const pairs = [...new Set(offered.flatMap((set) => set.offers!.pairs))].join(',');
  throw new RunScoringError('INPUT_LABEL_SPELLING', `Labels are spelled otherwise than ${first.known}.`, {
    at: first.offers!.at,
    hint: `If this is what they mean, add --map-labels ${/^[\w=.,/-]+$/.test(pairs) ? pairs : `'${pairs.replaceAll("'", "'\\''")}'`}`,
  });
}

/** Case, width, and whatever is no letter or digit do not count. */
function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}
