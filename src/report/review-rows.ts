import { detachedRow } from '../table/detached-row.js';
import type { Table } from '../table/table.js';
import type { WrittenRow } from '../table/written-table.js';
import type { Results } from './read-results.js';
import { REVIEW_COLUMNS, REVIEW_SCORE_COLUMN, type ResultsHeader, ROW_KEY_COLUMN } from './results-header.js';
import { doubtOf, type RowDoubt } from './row-doubts.js';
import { RowKeys } from './row-keys.js';
import type { TableForm } from './write-table.js';

export interface ReviewRow {
  /** 0-based. */
  readonly row: number;
  /** Sum of the three reasons, 0 to 3. */
  readonly score: number;
  readonly doubt: RowDoubt;
}

/**
 * The rows most worth a person's look: disagreement + failed + unsure, each from 0 to 1, largest sum first, then in the
 * order of the table. Rows that a person has labelled, rows without a text and rows without any doubt are left out.
 */
export function rankForReview(results: Results, top: number): { chosen: ReviewRow[]; doubtful: number } {
  const found: ReviewRow[] = [];
  for (let row = 0; row < results.rows; row++) {
    if ((results.human?.[row] ?? -1) >= 0) continue;
    const doubt = doubtOf(results, row);
    if (doubt === null) continue;
    const score = doubt.disagreement + doubt.failed + doubt.unsure;
    if (score > 0) found.push({ row, score, doubt });
  }
  found.sort((a, b) => b.score - a.score || a.row - b.row);
  return { chosen: found.slice(0, top), doubtful: found.length };
}

export interface ReviewTable {
  readonly rows: WrittenRow[];
  /** The scored table is its source; columns to fill in have no position there. */
  readonly form: TableForm;
}

/**
 * What a person needs to judge the rows: the table's own columns, an empty label column (and empty tag columns, where the
 * table has them), and below what each model said, why the row is here, and the key that leads back.
 */
export async function reviewTable(
  results: Results,
  table: Table,
  header: ResultsHeader,
  chosen: readonly ReviewRow[],
  keyColumn: number,
): Promise<ReviewTable> {
  const { rubric } = results;
  const said = [...table.header.keys()].filter((at) => isShown(table.header[at]!, header, rubric.labelField));
  const tagColumns = header.humanTags.flatMap((at, tag) => (at < 0 ? [] : [rubric.tags[tag]!]));
  const place = new Map(chosen.map((each, at) => [each.row, at]));
  const rows: WrittenRow[] = Array.from({ length: chosen.length }, () => ({ cells: [] }));
  const keys = new RowKeys(keyColumn, header.input, results.file);
  for await (const row of table.rows()) {
    const key = keys.keyOf(row);
    const at = place.get(row.row);
    if (at === undefined) continue;
    const { score, doubt } = chosen[at]!;
    const cells = [
      ...header.input.map((column) => row.cells[column]!),
      '',
      ...tagColumns.map(() => ''),
      ...said.map((column) => row.cells[column]!),
      score.toFixed(3),
      reasonsOf(doubt),
      key,
    ];
    rows[at] = { cells, from: detachedRow(row) };
  }
  const input = header.input.map((at) => table.header[at]!);
  const models = said.map((at) => table.header[at]!);
  const firstSaid = input.length + 1 + tagColumns.length;
  return {
    rows,
    form: {
      header: [...input, rubric.humanColumn, ...tagColumns, ...models, ...REVIEW_COLUMNS, ROW_KEY_COLUMN],
      columns: [...header.input, -1, ...tagColumns.map(() => -1), ...said],
      firstOutput: firstSaid + models.length,
      said: new Set(models.map((_, at) => firstSaid + at)),
      numbers: new Set([REVIEW_SCORE_COLUMN]),
    },
  };
}

/** Raw answers and recommendations do not help to judge a text. */
function isShown(name: string, header: ResultsHeader, labelField: string): boolean {
  if (name.startsWith('ensemble_')) return true;
  const fields = [labelField, 'tags', 'reasoning', 'confidence', 'status'];
  return header.raters.some((rater) => fields.some((field) => name === `ai_${rater.name}_${field}`));
}

function reasonsOf({ disagreement, failed, unsure }: RowDoubt): string {
  const reasons = [
    ...(disagreement > 0 ? ['models differ'] : []),
    ...(failed > 0 ? ['answer failed'] : []),
    ...(unsure >= 0.5 ? ['low confidence'] : []),
  ];
  return reasons.length === 0 ? 'least sure of the rest' : reasons.join(', ');
}
