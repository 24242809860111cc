import { RunScoringError } from '../foundation/errors.js';
import { type FileSystem, nodeFileSystem } from '../table/file-system.js';
import { findColumn } from '../table/header-map.js';
import { openTable } from '../table/open-table.js';
import { LabelCodes, type LabelMapping, refuseLabelFaults } from './label-codes.js';
import { ROW_KEY_COLUMN } from './results-header.js';
import { RowKeys } from './row-keys.js';
import type { Rubric } from './rubric.js';

/** What a person said of one row. */
export interface GivenLabel {
  /** Undefined where only tags were given. */
  readonly label: number | undefined;
  /** For each tag 1, 0, or undefined where nothing was said. */
  readonly tags: readonly (number | undefined)[];
}

/** Answers by row key. Each is taken once. */
export class GivenLabels {
  readonly #answers: Map<string, { answer: GivenLabel | undefined; line: number; row: number }>;
  readonly #file: string;
  /** The tags, by index, for which the file has a column. */
  readonly tags: readonly number[];

  constructor(
    answers: Map<string, { answer: GivenLabel | undefined; line: number; row: number }>,
    tags: readonly number[],
    file: string,
  ) {
    this.#answers = answers;
    this.tags = tags;
    this.#file = file;
  }

  /** The answer for a row; undefined where the file does not have it or left it open. */
  take(key: string): GivenLabel | undefined {
    const found = this.#answers.get(key);
    this.#answers.delete(key);
    return found?.answer;
  }

  /** @throws RunScoringError INPUT_KEY_UNKNOWN when a row was never taken */
  refuseLeft(): void {
    const [first] = this.#answers.values();
    if (first === undefined) return;
    const { size } = this.#answers;
    throw new RunScoringError(
      'INPUT_KEY_UNKNOWN',
      size === 1 ? 'The row is not in the table.' : `This row and ${size - 1} more are not in the table.`,
      {
        at: { file: this.#file, line: first.line, row: first.row },
        hint: "Does the file belong to this table? If the table's own columns were changed since, name a key column with --key.",
      },
    );
  }
}

export interface ReadLabelsOptions {
  readonly path: string;
  readonly rubric: Rubric;
  readonly mapping: LabelMapping;
  /** Default: `row_key`. */
  readonly keyColumn?: string | undefined;
  readonly encoding?: string | undefined;
  readonly delimiter?: string | undefined;
  readonly fileSystem?: FileSystem;
}

/**
 * Reads a file of answers, such as `run-scoring review` writes it. Cells that are still empty are no answers.
 * @throws RunScoringError INPUT_COLUMN_MISSING, INPUT_KEY_EMPTY, INPUT_KEY_DUPLICATE, INPUT_LABEL_UNKNOWN,
 *   INPUT_LABEL_SPELLING, and those of `openTable`
 */
export async function readLabels(options: ReadLabelsOptions): Promise<GivenLabels> {
  const { path, rubric, mapping, keyColumn = ROW_KEY_COLUMN } = options;
  const table = await openTable(options.fileSystem ?? nodeFileSystem, path, {
    encoding: options.encoding,
    delimiter: options.delimiter,
  });
  try {
    const { header } = table;
    const keys = new RowKeys(findColumn(header, keyColumn, path), [], path, keyColumn);
    const label = findColumn(header, rubric.humanColumn, path);
    const tagColumns = rubric.tags.map((tag) => (header.includes(tag) ? findColumn(header, tag, path) : -1));
    const codes = new LabelCodes(rubric, mapping);
    const yesNo = new LabelCodes({ labels: ['0', '1'], positive: '1' }, mapping);
    const answers = new Map<string, { answer: GivenLabel | undefined; line: number; row: number }>();
    for await (const row of table.rows()) {
      const key = keys.keyOf(row);
      const read = (at: number, set: LabelCodes) =>
        set.read(row.cells[at]!, () => ({
          file: path,
          line: row.line,
          row: row.row + 1,
          field: header[at]!,
        }));
      const given = read(label, codes);
      const tags = tagColumns.map((at) => {
        const said = at < 0 ? -1 : read(at, yesNo);
        return said < 0 ? undefined : said;
      });
      const isAnswer = given >= 0 || tags.some((said) => said !== undefined);
      const answer = isAnswer ? { label: given < 0 ? undefined : given, tags } : undefined;
      answers.set(key, { answer, line: row.line, row: row.row + 1 });
    }
    refuseLabelFaults([codes, yesNo]);
    return new GivenLabels(
      answers,
      tagColumns.flatMap((at, tag) => (at < 0 ? [] : [tag])),
      path,
    );
  } finally {
    await table.close();
  }
}
