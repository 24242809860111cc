import { CONFIG_HASH_COLUMN } from '../config/shared-columns.js';
import { type Coordinates, RunScoringError } from '../foundation/errors.js';
import { type FileSystem, nodeFileSystem } from '../table/file-system.js';
import { findColumn } from '../table/header-map.js';
import { openTable } from '../table/open-table.js';
import { resolveInput } from '../table/resolve-input.js';
import type { Table, TableRow } from '../table/table.js';
import type { FileKind } from '../table/table-kind.js';
import { newConfidences, newLabels, newTagSets } from './code-column.js';
import { LabelCodes, type LabelMapping, refuseLabelFaults } from './label-codes.js';
import type { GivenLabels } from './read-labels.js';
import { refuseMixedModels } from './recorded-runs.js';
import { type RaterColumns, type ResultsHeader, readResultsHeader } from './results-header.js';
import { RowKeys } from './row-keys.js';
import type { Rubric } from './rubric.js';

/** The rater was asked and there is no label: its answer failed, or its model did not finish. */
export const MISSING = -1;
/** The row's text is empty, so that no model was asked. */
export const UNASKED = -2;
/** The ensemble left a tie open. */
export const ABSTAINED = -3;

/** What one model, or the ensemble, said of each row. */
export interface Rater {
  readonly name: string;
  readonly kind: 'model' | 'ensemble';
  /** Index into the labels, or one of {@link MISSING}, {@link UNASKED}, {@link ABSTAINED}. */
  readonly labels: Int16Array;
  /** A bit for each tag of the rubric, or {@link MISSING}. Null without a column of tags. */
  readonly tags: Int32Array | null;
  /** In [0, 1]; NaN where unknown. Null without such a column. For the ensemble (1 + margin) / 2. */
  readonly confidence: Float64Array | null;
  /** Rows by what stands in the status column. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** A scored table as numbers: one code for each row and model, never the texts. */
export interface Results {
  readonly file: string;
  readonly rows: number;
  readonly rubric: Rubric;
  readonly raters: readonly Rater[];
  /** Index of the label that a person gave, -1 where none was; null without any. */
  readonly human: Int16Array | null;
  /** For each tag 1, 0, or -1 where nothing was said; null for a tag without its column. */
  readonly humanTags: readonly (Int16Array | null)[];
  /** Why labels by people were left out; null where they were not. */
  readonly labelFault: RunScoringError | null;
  /** Rows whose label came from {@link ReadResultsOptions.given}. */
  readonly joined: number;
}

export interface ReadResultsOptions {
  /** A table file, or `-` for stdin. */
  readonly path: string;
  readonly rubric: Rubric;
  readonly encoding?: string | undefined;
  readonly delimiter?: string | undefined;
  /** What the file holds, where its name does not tell. */
  readonly kind?: FileKind | undefined;
  readonly mapping?: LabelMapping;
  /** Column whose cells must be unique. */
  readonly keyColumn?: string | undefined;
  /** Only these models, by name; `ensemble` is one. */
  readonly raters?: readonly string[] | undefined;
  /** Names that count as models, whatever columns they have. */
  readonly alsoRaters?: readonly string[] | undefined;
  /**
   * What becomes of a table whose labels by people are not understood: `refuse` (the default), or `leave` them out and tell why
   * in {@link Results.labelFault}.
   */
  readonly badLabels?: 'refuse' | 'leave';
  /** Labels from another file, which stand above those in the table. */
  readonly given?: GivenLabels | undefined;
  readonly allowMixedRuns?: boolean;
  readonly fileSystem?: FileSystem;
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Called with the table while it is open, after all rows were read; to read it once more. */
  readonly whileOpen?: (results: Results, table: Table, header: ResultsHeader) => Promise<void>;
}

/**
 * Reads a scored table in one pass. Memory: about 20 bytes for each row and model.
 * @throws RunScoringError INPUT_NO_MODEL_COLUMNS, INPUT_LABEL_UNKNOWN, INPUT_LABEL_SPELLING, INPUT_KEY_EMPTY,
 *   INPUT_KEY_DUPLICATE, INPUT_KEY_UNKNOWN, INPUT_CONFIDENCE, INPUT_MIXED_RUNS, USAGE_OPTION, and those of `openTable`
 */
export async function readResults(options: ReadResultsOptions): Promise<Results> {
  const fileSystem = options.fileSystem ?? nodeFileSystem;
  const input = await resolveInput(fileSystem, options.path, options.stdin);
  try {
    const table = await openTable(fileSystem, input.path, {
      encoding: options.encoding,
      delimiter: options.delimiter,
      name: input.name,
      kind: options.kind,
    });
    try {
      await input.removeCopy();
      if (options.allowMixedRuns !== true) {
        await refuseMixedModels(fileSystem, input.path, table.header, options.raters, input.name);
      }
      return await readOpenTable(options, table, input.name);
    } finally {
      await table.close();
    }
  } finally {
    await input.removeCopy();
  }
}

/** The same for a table that is open. It stays open. */
export async function readOpenTable(
  options: Omit<ReadResultsOptions, 'path'>,
  table: Table,
  file: string,
): Promise<Results> {
  const asked = [...(options.raters ?? []), ...(options.alsoRaters ?? [])];
  const header = readResultsHeader(table.header, options.rubric, file, asked);
  const results = await readRows(options, table, header, file);
  await options.whileOpen?.(results, table, header);
  return results;
}

async function readRows(
  options: Omit<ReadResultsOptions, 'path'>,
  table: Table,
  header: ResultsHeader,
  file: string,
): Promise<Results> {
  const { rubric, given } = options;
  const { mapping = [] } = options;
  const codes = new LabelCodes(rubric, mapping);
  const humanCodes = new LabelCodes(rubric, mapping);
  const tagCodes = new LabelCodes({ labels: rubric.tags, positive: '' }, mapping);
  const yesNo = new LabelCodes({ labels: ['0', '1'], positive: '1' }, mapping);
  const place = (row: TableRow, column: number) => (): Coordinates => ({
    file,
    line: row.line,
    row: row.row + 1,
    field: table.header[column]!,
  });
  const readers = chosen(header.raters, options.raters).map(
    (columns) => new RaterReader(columns, header.text, codes, tagCodes, place),
  );
  const keys = keysOf(options, table, header, file);
  const human = header.human >= 0 || given !== undefined ? newLabels() : null;
  const humanTags = header.humanTags.map((at, tag) =>
    at >= 0 || given?.tags.includes(tag) === true ? newLabels() : null,
  );
  const refuseMixed = mixedRuns(options, header, file);
  let joined = 0;
  let rows = 0;
  for await (const row of table.rows()) {
    rows++;
    refuseMixed(row);
    const key = keys?.keyOf(row);
    const answer = key === undefined ? undefined : given?.take(key);
    if (answer?.label !== undefined) joined++;
    for (const reader of readers) reader.read(row);
    const read = (at: number, set: LabelCodes) => (at < 0 ? -1 : set.read(row.cells[at]!, place(row, at)));
    human?.push(answer?.label ?? read(header.human, humanCodes));
    humanTags.forEach((column, tag) => {
      column?.push(answer?.tags[tag] ?? read(header.humanTags[tag]!, yesNo));
    });
  }
  const labelFault = checkLabels([codes, tagCodes], [humanCodes, yesNo], options.badLabels);
  given?.refuseLeft();
  return {
    file,
    rows,
    rubric,
    raters: readers.map((reader) => reader.finish()),
    human: labelFault === null ? (human?.values ?? null) : null,
    humanTags: humanTags.map((column) => (labelFault === null ? (column?.values ?? null) : null)),
    labelFault,
    joined,
  };
}

/** Why labels by people cannot be used, where that may be. @throws RunScoringError as {@link refuseLabelFaults} */
function checkLabels(
  ofModels: readonly LabelCodes[],
  ofPeople: readonly LabelCodes[],
  badLabels: ReadResultsOptions['badLabels'] = 'refuse',
): RunScoringError | null {
  if (badLabels === 'refuse') refuseLabelFaults([...ofModels, ...ofPeople]);
  // Where models need a mapping, it is offered for all that it could be for.
  const mappable = ofPeople.filter((set) => set.firstUnknown === undefined);
  if (ofModels.some((set) => set.isFaulty)) refuseLabelFaults([...ofModels, ...mappable]);
  try {
    refuseLabelFaults(ofPeople);
    return null;
  } catch (error) {
    if (error instanceof RunScoringError) return error;
    throw error;
  }
}

/** Reads the cells of one rater. */
class RaterReader {
  readonly #columns: RaterColumns;
  readonly #text: number;
  readonly #codes: LabelCodes;
  readonly #tagCodes: LabelCodes;
  readonly #place: (row: TableRow, column: number) => () => Coordinates;
  readonly #labels = newLabels();
  readonly #tags = newTagSets();
  readonly #confidence = newConfidences();
  readonly #statuses = new Map<string, number>();

  constructor(
    columns: RaterColumns,
    text: number,
    codes: LabelCodes,
    tagCodes: LabelCodes,
    place: (row: TableRow, column: number) => () => Coordinates,
  ) {
    this.#columns = columns;
    this.#text = text;
    this.#codes = codes;
    this.#tagCodes = tagCodes;
    this.#place = place;
  }

  read(row: TableRow): void {
    const { label, tags, confidence } = this.#columns;
    const code = this.#readLabel(row, row.cells[label]!);
    this.#labels.push(code);
    if (tags >= 0) {
      // Read either way: the words of a row whose label is misspelt belong to the same offer.
      const set = this.#readTags(row, row.cells[tags]!);
      this.#tags.push(code >= 0 ? set : MISSING);
    }
    if (confidence >= 0) this.#confidence.push(this.#readConfidence(row, row.cells[confidence]!));
  }

  finish(): Rater {
    const { name, kind, tags, confidence } = this.#columns;
    return {
      name,
      kind,
      labels: this.#labels.values,
      tags: tags < 0 ? null : this.#tags.values,
      confidence: confidence < 0 ? null : this.#confidence.values,
      statuses: Object.fromEntries(this.#statuses),
    };
  }

  #readLabel(row: TableRow, cell: string): number {
    const { status, label, kind } = this.#columns;
    const said = status < 0 ? '' : row.cells[status]!;
    // Statuses are a short list of plain words; anything else is not ours to show.
    const known = /^[a-z_]{2,20}$/.test(said) ? said : said === '' ? '' : 'unknown';
    if (status >= 0) this.#statuses.set(known, (this.#statuses.get(known) ?? 0) + 1);
    if (kind === 'ensemble' && cell.trim() === 'abstain') return ABSTAINED;
    const code = this.#codes.read(cell, this.#place(row, label));
    if (code >= 0) return code;
    if (said === 'empty_input') return UNASKED;
    return said === '' && this.#text >= 0 && row.cells[this.#text]!.trim() === '' ? UNASKED : MISSING;
  }

  #readTags(row: TableRow, cell: string): number {
    let set = 0;
    for (const tag of cell.split(',')) {
      const code = this.#tagCodes.read(tag.trim(), this.#place(row, this.#columns.tags));
      if (code >= 0) set |= 1 << code;
    }
    return set;
  }

  #readConfidence(row: TableRow, cell: string): number {
    if (cell.trim() === '') return Number.NaN;
    const value = Number(cell);
    if (!(value >= 0 && value <= 1)) {
      throw new RunScoringError('INPUT_CONFIDENCE', 'The cell holds no number from 0 to 1.', {
        at: this.#place(row, this.#columns.confidence)(),
        hint: 'A spreadsheet may have written decimal commas; save the table with points.',
      });
    }
    return this.#columns.kind === 'ensemble' ? (1 + value) / 2 : value;
  }
}

function chosen(
  raters: readonly RaterColumns[],
  names: readonly string[] | undefined,
): readonly RaterColumns[] {
  if (names === undefined) return raters;
  const unknown = names.find((name) => !raters.some((rater) => rater.name === name));
  if (unknown !== undefined) {
    throw new RunScoringError('USAGE_OPTION', `The table has no model ${JSON.stringify(unknown)}.`, {
      hint: `It has ${raters.map((rater) => rater.name).join(', ')}.`,
    });
  }
  return raters.filter((rater) => names.includes(rater.name));
}

function keysOf(
  options: Omit<ReadResultsOptions, 'path'>,
  table: Table,
  header: ResultsHeader,
  file: string,
): RowKeys | undefined {
  const { keyColumn, given } = options;
  if (keyColumn === undefined && given === undefined) return undefined;
  const column = keyColumn === undefined ? -1 : findColumn(table.header, keyColumn, file);
  return new RowKeys(column, header.input, file, keyColumn);
}

/** Two configs under one heading would be compared as if they were one model. */
function mixedRuns(
  options: Omit<ReadResultsOptions, 'path'>,
  header: ResultsHeader,
  file: string,
): (row: TableRow) => void {
  let first: { hash: string; row: number } | undefined;
  return (row) => {
    if (header.configHash < 0 || options.allowMixedRuns === true) return;
    const hash = row.cells[header.configHash]!.trim();
    first ??= { hash, row: row.row + 1 };
    if (hash === first.hash) return;
    throw new RunScoringError(
      'INPUT_MIXED_RUNS',
      `The row comes from a run with another config than row ${first.row}.`,
      {
        at: { file, line: row.line, row: row.row + 1, field: CONFIG_HASH_COLUMN },
        hint: 'Take the runs apart, or add --allow-mixed-runs to read them as one.',
      },
    );
  };
}
