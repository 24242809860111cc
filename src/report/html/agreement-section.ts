import type { Comparison, PairAgreement } from '../compare-raters.js';
import { fewRowsCaution } from '../interval-cautions.js';
import { countOf, formatShare } from '../text-table.js';
import { count, estimated, figure, heat } from './figures.js';
import { html, type Markup, NOTHING } from './markup.js';

/** How far the models agree: the figures over all, and the heatmap of pairs. */
export function agreementSection(comparison: Comparison): Markup {
  const { raters, pairs, prevalence, bootstrap } = comparison;
  if (raters.filter((rater) => rater.kind === 'model').length < 2) {
    return html`<section id="agreement"><h2>Agreement</h2><p>One model: there is nothing to compare it with.</p></section>`;
  }
  const warning =
    prevalence?.misleading === true
      ? html`<p class="warning"><strong>Mind:</strong> ${formatShare(prevalence.share)} of all labels are “${prevalence.label}”. Models that never look would agree on ${formatShare(prevalence.chanceAgreement)} of the rows: go by kappa and alpha.</p>`
      : NOTHING;
  const few = fewRowsCaution(comparison.complete);
  const line = (name: string, value: Markup) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`;
  return html`<section id="agreement"><h2>Agreement</h2>
<p>Agreement does not say who is right. The figures over all models stand on the ${countOf(comparison.complete, 'row')} that every model labelled; ${countOf(comparison.incomplete, 'row')} ${comparison.incomplete === 1 ? 'lacks' : 'lack'} a label of at least one. Ranges are ${Math.round(100 * bootstrap.level)}% intervals.</p>
${warning}${few === undefined ? NOTHING : html`<p class="warning"><strong>Mind:</strong> ${few}</p>`}
<div class="side"><table class="figures"><caption>All models</caption><tbody>
${line('Same label', estimated(comparison.agreement, formatShare))}
${line('Fleiss’ kappa', estimated(comparison.fleissKappa))}
${line('Krippendorff’s alpha, labels', estimated(comparison.alpha))}
${comparison.tagAlpha.value === null ? NOTHING : line('Krippendorff’s alpha, tags (MASI)', estimated(comparison.tagAlpha))}
</tbody></table>
${heatmap(pairs)}</div></section>`;
}

/** Below the diagonal the share of equal labels, above it Cohen's kappa. */
function heatmap(pairs: readonly PairAgreement[]): Markup {
  const names = [...new Set(pairs.flatMap((pair) => [pair.first, pair.second]))];
  const find = (a: string, b: string) =>
    pairs.find((pair) => (pair.first === a && pair.second === b) || (pair.first === b && pair.second === a));
  const cell = (row: number, column: number) => {
    const pair = row === column ? undefined : find(names[row]!, names[column]!);
    if (pair === undefined) return html`<td class="diagonal"><span class="none">–</span></td>`;
    const kappa = column > row;
    const value = kappa ? pair.kappa : pair.agreement;
    return html`<td class="${heat(value.value)}"><span class="kind">${kappa ? 'kappa' : 'same'}</span> ${kappa ? estimated(value) : estimated(value, formatShare)} <span class="interval">${count(pair.both)} rows${pair.missing > 0 ? html`, ${figure(pair.missing, String)} missing` : NOTHING}</span></td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Pairs of models"><table class="heatmap"><caption>Pairs: Cohen’s kappa above the diagonal, share of equal labels below</caption>
<thead><tr><td></td>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${names.map((name, row) => html`<tr><th scope="row">${name}</th>${names.map((_, column) => cell(row, column))}</tr>`)}</tbody></table></div>`;
}
