import type { Comparison } from '../compare-raters.js';
import { formatValue } from '../text-table.js';
import { html, type Markup, NOTHING } from './markup.js';

/** The frame of the table of rows; the script fills it. Without scripts the rows in dispute are listed, without texts. */
export function rowsSection(comparison: Comparison, texts: boolean): Markup {
  return html`<section id="rows"><h2>Rows</h2>
<p>${texts ? 'Each row with what every model said of it.' : 'Each row with what every model said of it. Texts, and the models’ sentences about them, were left out.'} Choose a row to read it in full.</p>
<div id="browser" hidden>
<form class="controls" role="search"><label>Search <input type="search" id="search" autocomplete="off" spellcheck="false"></label>
<label>Show <select id="filter"></select></label>
<label>Sort by <select id="sort"></select></label>
<button type="button" id="direction" aria-label="Reverse the order">↑</button>
<output id="found" for="search filter"></output></form>
<div id="view" tabindex="0" role="region" aria-label="Rows"><table role="table" id="grid"><thead role="rowgroup"></thead><tbody role="rowgroup"></tbody></table></div>
<dialog id="detail" aria-labelledby="detail-title"><div class="detail-head"><h3 id="detail-title"></h3>
<button type="button" id="previous">Previous</button><button type="button" id="next">Next</button><button type="button" id="close">Close</button></div><div id="detail-body" tabindex="0" role="region" aria-labelledby="detail-title"></div></dialog>
</div>
<noscript><p>The table of all rows needs scripts. These are the rows on which the models differ, the surest first.</p>${disputedTable(comparison)}</noscript></section>`;
}

function disputedTable({ disputedRows }: Comparison): Markup {
  const [first] = disputedRows;
  if (first === undefined) return html`<p>There are none.</p>`;
  const names = Object.keys(first.labels);
  return html`<table class="figures"><thead><tr><th scope="col">row</th>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${disputedRows.map(
    (row) =>
      html`<tr><th scope="row">${row.row}</th>${names.map((name) => {
        const sure = row.confidence[name] ?? null;
        return html`<td>${row.labels[name] ?? '–'}${sure === null ? NOTHING : ` ${formatValue(sure)}`}</td>`;
      })}</tr>`,
  )}</tbody></table>`;
}
