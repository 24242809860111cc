import { findColumn } from '../table/header-map.js';
import type { Table } from '../table/table.js';
import { type PageContent, pageEnd, pageStart } from './html/page.js';
import { rowBlocks } from './html/row-data.js';
import type { ResultsHeader } from './results-header.js';
import { writeFileInParts } from './write-table.js';

/**
 * Writes one HTML file that shows a scored table: it holds all it needs, fetches nothing and opens from disk. The table is
 * read once more, row by row, so that memory does not grow with its texts.
 * @param options `texts`: with the profile texts, and the models' sentences, which may quote them; `key`: column that names rows
 * @throws RunScoringError OUTPUT_…, and those of reading rows
 */
export async function writeReport(
  path: string,
  content: PageContent,
  table: Table,
  header: ResultsHeader,
  options: { readonly texts: boolean; readonly key?: string | undefined },
): Promise<void> {
  const { results } = content;
  const keyColumn = options.key === undefined ? -1 : findColumn(table.header, options.key, results.file);
  const rows = { texts: options.texts, keyColumn };
  const parts = async function* () {
    yield pageStart(content, rows);
    yield* rowBlocks(results, table, header, rows);
    yield pageEnd();
  };
  await writeFileInParts(path, parts(), table.identity);
}
