import type { ConfusionMatrix } from '../confusion-matrix.js';
import type { Evaluation, MetricsRow, RaterEvaluation } from '../evaluate-raters.js';
import { fewRowsCaution, flatIntervalCaution } from '../interval-cautions.js';
import { countOf, formatShare } from '../text-table.js';
import { curveChart } from './curve-chart.js';
import { breakable, count, estimated, figure, heat, interval, share } from './figures.js';
import { html, type Markup, NOTHING } from './markup.js';

/** How right each model is by the labels that people gave. */
export function evaluationSection(
  evaluation: Evaluation,
  matrices: ReadonlyMap<string, ConfusionMatrix>,
): Markup {
  const { raters, tests, positive, labelled, unlabelled, unasked, joined, bootstrap } = evaluation;
  const sample =
    joined === 0
      ? NOTHING
      : html`<p class="warning"><strong>Mind:</strong> ${countOf(joined, 'label')} joined from another file. Rows that were chosen for review are no fair sample: the figures hold for them, not for the whole table.</p>`;
  const few = fewRowsCaution(labelled);
  const flat = flatIntervalCaution(evaluation);
  return html`<section id="evaluation"><h2>Against the labels of people</h2>
<p>${countOf(labelled, 'row')} evaluated, ${unlabelled} without a label, ${unasked} labelled without text. The positive class is “${positive}”. A row whose answer failed counts as wrong. Ranges are ${Math.round(100 * bootstrap.level)}% intervals.</p>
${sample}${few === undefined ? NOTHING : html`<p class="warning"><strong>Mind:</strong> ${few}</p>`}${flat === undefined ? NOTHING : html`<p>${flat}</p>`}${raters.map((rater) => raterPart(rater, matrices.get(rater.name)))}
${tests.length === 0 ? NOTHING : testTable(evaluation)}</section>`;
}

/** The margin of a few votes has too few values for a curve. */
function raterPart(rater: RaterEvaluation, matrix: ConfusionMatrix | undefined): Markup {
  const overall = rater.metrics.at(-1)!;
  const total = overall.tp + overall.fp + overall.fn + overall.tn;
  return html`<section class="rater"><h3>${rater.name}</h3>
<div class="side">${matrix === undefined ? NOTHING : matrixTable(rater.name, matrix)}
${rater.kind === 'ensemble' || rater.averagePrecision.value === null ? NOTHING : curveFigure(rater, total === 0 ? null : overall.support / total)}</div>
${metricsTable(rater)}
<p>Cohen’s kappa with the labels ${estimated(rater.kappa)}; ${count(rater.failed)} of ${countOf(rater.rows, 'row')} without an answer (${share(rater.errorRate)}), counted as wrong.</p>
${sweepTable(rater)}</section>`;
}

function matrixTable(name: string, { labels, counts, unanswered }: ConfusionMatrix): Markup {
  const lost = unanswered.some((rows) => rows > 0);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix of ${name}"><table class="heatmap matrix"><caption>Confusion matrix of ${name}</caption>
<thead><tr><td></td>${labels.map((label) => html`<th scope="col">said ${label}</th>`)}${lost ? html`<th scope="col">no label</th>` : NOTHING}</tr></thead>
<tbody>${labels.map((label, at) => {
    const line = counts[at]!;
    const total = line.reduce((sum, rows) => sum + rows, unanswered[at]!);
    const cell = (rows: number) =>
      html`<td class="${heat(total === 0 ? null : rows / total)}">${count(rows)} <span class="interval">${total === 0 ? '' : formatShare(rows / total)}</span></td>`;
    return html`<tr><th scope="row">is ${label}</th>${line.map(cell)}${lost ? cell(unanswered[at]!) : NOTHING}</tr>`;
  })}</tbody></table></div>`;
}

function curveFigure(rater: RaterEvaluation, prevalence: number | null): Markup {
  const best =
    rater.best === null
      ? NOTHING
      : html` Best F1 ${figure(rater.best.f1)} when flagged from ${figure(rater.best.threshold)} on.`;
  return html`<figure>${curveChart(rater, prevalence)}<figcaption>Precision and recall: area ${estimated(rater.averagePrecision)}.${best} The dashed line is what flagging every row gives.</figcaption></figure>`;
}

function metricsTable(rater: RaterEvaluation): Markup {
  const value = (row: MetricsRow, key: keyof MetricsRow['intervals']) => {
    const found = row.intervals[key];
    return html`<td class="number">${figure(row[key])}${interval(found?.low ?? null, found?.high ?? null)}</td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Metrics of ${rater.name}"><table class="figures metrics"><caption>By tag and overall</caption>
<thead><tr><th scope="col">tag</th>${['precision', 'recall', 'F1', 'support', 'TP', 'FP', 'FN', 'TN', 'accuracy'].map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${rater.metrics.map((row) => html`<tr><th scope="row">${breakable(row.tag)}</th>${value(row, 'precision')}${value(row, 'recall')}${value(row, 'f1')}${[row.support, row.tp, row.fp, row.fn, row.tn].map((rows) => html`<td class="number">${count(rows)}</td>`)}${value(row, 'accuracy')}</tr>`)}</tbody></table></div>`;
}

function sweepTable({ name, sweep }: RaterEvaluation): Markup {
  if (sweep.length === 0) return NOTHING;
  return html`<details><summary>What each threshold would give</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Thresholds of ${name}"><table class="figures"><thead><tr>${['flagged from', 'precision', 'recall', 'F1', 'TP', 'FP', 'FN', 'TN'].map((head) => html`<th scope="col" class="number">${head}</th>`)}</tr></thead>
<tbody>${sweep.map((point) => html`<tr>${[point.threshold, point.precision, point.recall, point.f1].map((value) => html`<td class="number">${figure(value)}</td>`)}${[point.tp, point.fp, point.fn, point.tn].map((rows) => html`<td class="number">${count(rows)}</td>`)}</tr>`)}</tbody></table></div></details>`;
}

function testTable({ tests }: Evaluation): Markup {
  const p = (value: number | null) =>
    figure(value, (given) => (given !== null && given < 0.0001 ? '<0.0001' : (given ?? 0).toFixed(4)));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="McNemar’s test"><table class="figures"><caption>McNemar’s test: are their errors equally many?</caption>
<thead><tr><th scope="col">pair</th>${['only 1st right', 'only 2nd right', 'exact p', 'chi² p'].map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${tests.map((test) => html`<tr><th scope="row">${test.first} / ${test.second}</th><td class="number">${count(test.onlyFirst)}</td><td class="number">${count(test.onlySecond)}</td><td class="number">${p(test.exactP)}</td><td class="number">${p(test.correctedP)}</td></tr>`)}</tbody></table></div>`;
}
