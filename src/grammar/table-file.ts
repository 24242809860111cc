import { RunScoringError } from '../foundation/errors.js';
import { crc32, PackedReader, PackedWriter } from './packed-bytes.js';
import { type LabelDecision, MAX_TABLE_ENTRIES, type TokenTables } from './token-tables.js';

/**
 * Raised with every change of the language or of the layout. Tables kept from an earlier run belong to one vocabulary and
 * one list of fields; whoever keeps them has both, and this number, in the key.
 */
export const TABLES_VERSION = 1;

/** "grmt", then the version, the body and the CRC-32 (4 bytes, little-endian) of everything before it. */
const MAGIC = [0x67, 0x72, 0x6d, 0x74] as const;
const MAX_VOCABULARY = 4_000_000;

/** Token tables as bytes: about 0.2 MB for the default fields and 128,000 tokens. */
export function serialiseTables(tables: TokenTables): Uint8Array {
  const out = new PackedWriter();
  out.raw(Uint8Array.from(MAGIC));
  for (const number of [
    TABLES_VERSION,
    tables.numStates,
    tables.numClasses,
    tables.vocabSize,
    tables.initialState,
    tables.finalState,
    tables.endState,
    tables.eosToken,
    tables.minTokens,
    tables.maxTokens,
  ]) {
    out.number(number);
  }
  out.text(tables.forcedOpening);
  out.runs(tables.classOfToken);
  out.runs(tables.nextState);
  out.runs(tables.budgetOfState);
  out.runs(tables.budgets);
  out.runs(tables.drainState);
  const { decision } = tables;
  out.number(decision === null ? 0 : decision.labels.length);
  if (decision !== null) {
    out.text(decision.field);
    for (const label of decision.labels) out.text(label);
    out.runs(decision.candidateTokens);
    out.runs(decision.decisionRow);
    out.runs(decision.decisionTable);
  }
  const body = out.bytes;
  const whole = new Uint8Array(body.length + 4);
  whole.set(body);
  new DataView(whole.buffer).setUint32(body.length, crc32(body), true);
  return whole;
}

/**
 * The tables again, with every index checked against its table.
 *
 * @throws RunScoringError MODEL_GRAMMAR_CACHE when the bytes are damaged or of another version: compile anew
 */
export function deserialiseTables(bytes: Uint8Array): TokenTables {
  if (bytes.length < 8 || MAGIC.some((byte, i) => bytes[i] !== byte)) throw damaged('not a table file');
  const body = bytes.subarray(0, bytes.length - 4);
  const stored = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(body.length, true);
  if (crc32(body) !== stored) throw damaged('the checksum is wrong');
  const reader = new PackedReader(body.subarray(MAGIC.length));
  try {
    if (reader.number() !== TABLES_VERSION) throw new RangeError('written by another version');
    return readBody(reader);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw damaged(error.message);
    throw error;
  }
}

function readBody(reader: PackedReader): TokenTables {
  const [
    numStates,
    numClasses,
    vocabSize,
    initialState,
    finalState,
    endState,
    eosToken,
    minTokens,
    maxTokens,
  ] = Array.from({ length: 9 }, () => reader.number()) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const forcedOpening = reader.text();
  const table = (length: number, low: number, high: number): Int32Array => {
    const values = reader.runs(length);
    if (values.length !== length || values.some((value) => value < low || value >= high)) {
      throw new RangeError('a table does not fit the others');
    }
    return values;
  };
  if (numStates * numClasses > MAX_TABLE_ENTRIES || vocabSize > MAX_VOCABULARY) {
    throw new RangeError('the tables are too large');
  }
  const classOfToken = table(vocabSize, 0, numClasses);
  const nextState = table(numStates * numClasses, -1, numStates);
  const budgetOfState = table(numStates, -1, numStates);
  const budgets = reader.runs(numStates);
  const drainState = table(numStates, 0, numStates);
  if (
    Math.max(initialState, finalState, endState) >= numStates ||
    eosToken >= vocabSize ||
    budgetOfState.some((field) => field >= budgets.length) ||
    budgets.some((budget) => budget < 1)
  ) {
    throw new RangeError('a table does not fit the others');
  }
  const budgetStart = budgetOfState.map((field) => (field < 0 ? 0 : budgets[field]!));
  const decision = readDecision(reader, table, numStates, vocabSize);
  if (!reader.atEnd) throw new RangeError('there is more data than tables');
  return {
    numStates,
    numClasses,
    vocabSize,
    classOfToken,
    nextState,
    initialState,
    finalState,
    endState,
    eosToken,
    forcedOpening,
    budgetOfState,
    budgetStart,
    budgets,
    initialBudget: budgetStart[initialState]!,
    drainState,
    decision,
    minTokens,
    maxTokens,
  };
}

function readDecision(
  reader: PackedReader,
  table: (length: number, low: number, high: number) => Int32Array,
  numStates: number,
  vocabSize: number,
): LabelDecision | null {
  const numLabels = reader.number();
  if (numLabels === 0) return null;
  if (numLabels > MAX_TABLE_ENTRIES) throw new RangeError('the tables are too large');
  const field = reader.text();
  const labels: string[] = [];
  for (let i = 0; i < numLabels; i++) labels.push(reader.text());
  const candidateTokens = reader.runs(vocabSize);
  if (candidateTokens.some((token) => token < 0 || token >= vocabSize)) {
    throw new RangeError('a table does not fit the others');
  }
  const decisionRow = table(numStates, -1, numStates);
  const rows = decisionRow.reduce((most, row) => Math.max(most, row + 1), 0);
  const decisionTable = table(rows * candidateTokens.length, -2, numLabels);
  return { field, labels, candidateTokens, decisionRow, decisionTable };
}

function damaged(what: string): RunScoringError {
  return new RunScoringError('MODEL_GRAMMAR_CACHE', `Stored grammar tables cannot be used: ${what}.`);
}
