import type { Table, TableRow } from '../../table/table.js';
import type { Results } from '../read-results.js';
import type { ResultsHeader } from '../results-header.js';
import { doubtOf } from '../row-doubts.js';
import { dataBlock } from './markup.js';

/** Rows in one script element. */
const ROWS_PER_BLOCK = 1000;
/** So many different sentences are kept to write each only once; models repeat themselves. */
const MOST_SENTENCES = 50_000;

export interface RowDataOptions {
  /** Profile texts, and the models' sentences, which may quote them. */
  readonly texts: boolean;
  /** Position of the column that names rows; -1: the row's number alone. */
  readonly keyColumn: number;
}

/** What the page's script must know before the rows; see `ROW_MODEL_SCRIPT`. */
export function rowMeta(results: Results, options: RowDataOptions): object {
  const { rubric, raters, human } = results;
  return {
    raters: raters.map(({ name, kind, tags, confidence }) => ({
      name,
      ensemble: kind === 'ensemble',
      tags: tags !== null,
      confidence: confidence !== null,
    })),
    labels: rubric.labels,
    tags: rubric.tags,
    rows: results.rows,
    human: human !== null,
    texts: options.texts,
    keys: options.keyColumn >= 0,
    sentences: MOST_SENTENCES,
  };
}

/**
 * The rows as script elements with JSON. A row is one flat list: text, key, label by people, disagreement, doubt, then for
 * each rater label, confidence, tags, sentence, status. Numbers as {@link Results} has them, null for an unknown confidence.
 * A sentence or status that was there before is its number, counted from the first one on.
 */
export async function* rowBlocks(
  results: Results,
  table: Table,
  header: ResultsHeader,
  options: RowDataOptions,
): AsyncGenerator<string, void, undefined> {
  const text = options.texts ? header.text : -1;
  const columns = results.raters.map(({ name, kind }) => ({
    sentence: options.texts && kind === 'model' ? table.header.indexOf(`ai_${name}_reasoning`) : -1,
    status: header.raters.find((rater) => rater.name === name)?.status ?? -1,
  }));
  const seen = new Map<string, number>();
  const repeated = (sentence: string): string | number => {
    const before = seen.get(sentence);
    if (before !== undefined) return before;
    if (seen.size < MOST_SENTENCES) seen.set(sentence, seen.size);
    return sentence;
  };
  const cellOf = (row: TableRow, at: number) => (at < 0 ? '' : row.cells[at]!);
  let block: unknown[] = [];
  for await (const row of table.rows()) {
    const at = row.row;
    const doubt = doubtOf(results, at);
    const fields: unknown[] = [
      cellOf(row, text),
      cellOf(row, options.keyColumn),
      results.human?.[at] ?? -1,
      short(doubt?.disagreement ?? 0),
      short(doubt === null ? 0 : doubt.disagreement + doubt.failed + doubt.unsure),
    ];
    results.raters.forEach((rater, index) => {
      const sure = rater.confidence?.[at] ?? Number.NaN;
      const { sentence, status } = columns[index]!;
      const said = cellOf(row, status);
      fields.push(
        rater.labels[at]!,
        Number.isNaN(sure) ? null : sure,
        rater.tags?.[at] ?? -1,
        repeated(cellOf(row, sentence)),
        // Statuses are plain words; anything else is not shown, as in the counts.
        repeated(/^[a-z_]{2,20}$/.test(said) ? said : ''),
      );
    });
    block.push(fields);
    if (block.length < ROWS_PER_BLOCK) continue;
    yield dataBlock('class="rows"', block);
    block = [];
  }
  if (block.length > 0) yield dataBlock('class="rows"', block);
}

function short(value: number): number {
  return Math.round(value * 1000) / 1000;
}
