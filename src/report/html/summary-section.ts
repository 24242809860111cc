import type { Comparison } from '../compare-raters.js';
import type { Evaluation } from '../evaluate-raters.js';
import { countOf, formatShare } from '../text-table.js';
import { count, estimated, formatCount, share } from './figures.js';
import { html, type Markup, NOTHING } from './markup.js';

/** What a reader wants to know first. */
export function summarySection(comparison: Comparison, evaluation: Evaluation | null): Markup {
  const { rows, unasked, disputed, raters } = comparison;
  const models = raters.filter((rater) => rater.kind === 'model');
  const tile = (name: string, value: Markup, more: Markup | string = '') =>
    html`<div class="tile"><dt>${name}</dt><dd>${value} <span class="interval">${more}</span></dd></div>`;
  const asked = rows - unasked;
  const several = models.length > 1;
  return html`<section id="summary"><h2>Summary</h2>
<dl class="tiles">${tile('Rows', count(rows), unasked === 0 ? '' : `${formatCount(unasked)} without text`)}
${several ? tile('Models agree', share(comparison.agreement.value), `on the ${countOf(comparison.complete, 'row')} all labelled`) : NOTHING}
${several ? tile('Krippendorff’s alpha', estimated(comparison.alpha)) : NOTHING}
${several ? tile('Rows in dispute', count(disputed), asked === 0 ? '' : formatShare(disputed / asked)) : NOTHING}
${tile('Rows with a failed answer', count(comparison.incomplete), asked === 0 ? '' : formatShare(comparison.incomplete / asked))}</dl>
<div class="scroll" tabindex="0" role="region" aria-label="Models"><table class="figures"><caption>Models</caption><thead><tr><th scope="col">model</th><th scope="col" class="number">labelled</th><th scope="col" class="number">no label</th><th scope="col">statuses</th>${evaluation === null ? NOTHING : ['precision', 'recall', 'F1'].map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${raters.map((rater) => {
    const overall = evaluation?.raters.find((each) => each.name === rater.name)?.metrics.at(-1);
    const said = Object.entries(rater.statuses).map(
      ([status, found]) => `${status === '' ? 'none' : status} ${formatCount(found)}`,
    );
    const measured = (key: 'precision' | 'recall' | 'f1') =>
      html`<td class="number">${estimated({ value: overall?.[key] ?? null, low: overall?.intervals[key]?.low ?? null, high: overall?.intervals[key]?.high ?? null })}</td>`;
    return html`<tr><th scope="row">${rater.name}</th><td class="number">${count(rater.answered)}</td><td class="number">${count(rater.missing + rater.abstained)}</td><td>${said.join(', ')}</td>${evaluation === null ? NOTHING : html`${measured('precision')}${measured('recall')}${measured('f1')}`}</tr>`;
  })}</tbody></table></div></section>`;
}
