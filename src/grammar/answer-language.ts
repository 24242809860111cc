import { type ByteDfa, ByteDfaBuilder } from './byte-dfa.js';
import { jsonTextStates } from './json-text-states.js';
import {
  anyOrderStates,
  labelListStates,
  labelTree,
  spellLabel,
  type UndecidedState,
} from './label-states.js';
import { checkFields, type OutputField } from './output-field.js';

/**
 * All lists of labels together may take this many states for "any order", in the order of the fields; a list that no
 * longer fits is held to the order of its values. Six labels of 20 letters take 4,000; eight of six letters 7,200.
 */
export const ANY_ORDER_STATES = 8_192;

/** The language of all answers to some output fields, behind the text that every answer begins with. */
export interface AnswerLanguage {
  readonly dfa: ByteDfa;
  /** `{"flag":"` and the like, up to the first place with a choice. `dfa.initialState` stands behind it. */
  readonly forcedOpening: string;
  /** [fields]: the state behind the opening quote (of a list: behind `["`; of all others: behind `"`). */
  readonly labelStart: readonly number[];
  /** [string fields]: tokens allowed in each. */
  readonly budgets: Int32Array;
  /** The first enum of at least two labels, and the states in which its label is open. */
  readonly decision:
    | { readonly fieldIndex: number; readonly undecided: readonly UndecidedState[] }
    | undefined;
}

/**
 * The answers are `{"name":value,...}` with all fields in order and no white space outside strings. An enum is one of
 * its labels; a list holds labels of its own, none twice; a string is what `json-text-states.ts` says.
 *
 * @throws RunScoringError CONFIG_INVALID, MODEL_GRAMMAR_TOO_LARGE
 */
export function answerLanguage(fields: readonly OutputField[]): AnswerLanguage {
  checkFields(fields);
  const dfa = new ByteDfaBuilder();
  const encoder = new TextEncoder();
  const anyOrder = listsInAnyOrder(fields);
  const decided = fields.findIndex((field) => field.type === 'enum' && field.values.length > 1);
  const stringFields = fields.filter((field) => field.type === 'string');
  const undecided: UndecidedState[] = [];
  const labelStart = new Array<number>(fields.length).fill(-1);

  dfa.field = fields.length - 1;
  const finalState = dfa.state([], { mark: 'final' });
  let after = dfa.chain(encoder.encode('}'), finalState);
  let start = after;
  for (let index = fields.length - 1; index >= 0; index--) {
    dfa.field = index;
    const field = fields[index]!;
    if (field.type === 'string') {
      start = jsonTextStates(dfa, stringFields.indexOf(field), after);
      labelStart[index] = start;
    } else if (field.type === 'enum') {
      const target = after;
      const paths = field.values.map((label) => ({ bytes: spellLabel(label), target }));
      start = labelTree(dfa, paths, index === decided ? undecided : undefined);
      labelStart[index] = start;
    } else {
      start = labelListStates(dfa, field.values, after, anyOrder.has(field));
      labelStart[index] = dfa.follow(start, 0x22);
    }
    if (index > 0) after = dfa.chain(encoder.encode(`,${opening(field)}`), start);
  }
  return {
    dfa: dfa.build(start, finalState),
    forcedOpening: `{${opening(fields[0]!)}`,
    labelStart,
    budgets: Int32Array.from(stringFields, (field) => field.max_tokens),
    decision: decided < 0 ? undefined : { fieldIndex: decided, undecided },
  };
}

function opening(field: OutputField): string {
  return `${JSON.stringify(field.name)}:${field.type === 'string_list' ? '[' : '"'}`;
}

/** The lists whose labels may come in any order. */
export function listsInAnyOrder(fields: readonly OutputField[]): ReadonlySet<OutputField> {
  let left = ANY_ORDER_STATES;
  const chosen = new Set<OutputField>();
  for (const field of fields) {
    if (field.type !== 'string_list') continue;
    const states = anyOrderStates(field.values);
    if (states > left) continue;
    left -= states;
    chosen.add(field);
  }
  return chosen;
}
