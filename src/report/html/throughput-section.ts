import { bar } from './distribution-section.js';
import { count, figure } from './figures.js';
import { html, type Markup, NOTHING } from './markup.js';

/** What a run knows of one model and no table holds. Rows and tokens are those of this run, resumed rows included. */
export interface ModelCost {
  readonly name: string;
  readonly modelId: string;
  /** Null when the model was not loaded. */
  readonly device: string | null;
  readonly quantization: string | null;
  readonly scoredNow: number;
  readonly reused: number;
  /** Scoring alone. */
  readonly seconds: number;
  readonly loadSeconds: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** @param costs null when the report is made from a table alone */
export function throughputSection(costs: readonly ModelCost[] | null): Markup {
  if (costs === null) {
    return html`<section id="throughput"><h2>Throughput and tokens</h2><p>The table does not hold them: a report that a scoring run writes itself (<code>--report</code> on the run) shows them here.</p></section>`;
  }
  const rate = (cost: ModelCost) =>
    cost.seconds > 0 && cost.scoredNow > 0 ? cost.scoredNow / cost.seconds : null;
  const fastest = Math.max(0, ...costs.map((cost) => rate(cost) ?? 0));
  const reused = costs.some((cost) => cost.reused > 0);
  const tenth = (value: number | null) => figure(value, (given) => (given ?? 0).toFixed(1));
  const heads = [
    'rows scored',
    ...(reused ? ['taken over'] : []),
    'rows/s',
    'seconds',
    'load s',
    'tokens in',
    'tokens out',
    'out/row',
  ];
  const line = (cost: ModelCost) => {
    const rows = cost.scoredNow + cost.reused;
    return html`<tr><th scope="row">${cost.name} <span class="interval">${cost.modelId}${cost.device === null ? '' : `, ${cost.device}`}${cost.quantization === null ? '' : `, ${cost.quantization}`}</span></th><td class="bar">${bar(fastest === 0 ? 0 : (rate(cost) ?? 0) / fastest)}</td>
<td class="number">${count(cost.scoredNow)}</td>${reused ? html`<td class="number">${count(cost.reused)}</td>` : NOTHING}<td class="number">${tenth(rate(cost))}</td><td class="number">${tenth(cost.seconds)}</td><td class="number">${tenth(cost.loadSeconds)}</td><td class="number">${count(cost.inputTokens)}</td><td class="number">${count(cost.outputTokens)}</td><td class="number">${tenth(rows === 0 ? null : cost.outputTokens / rows)}</td></tr>`;
  };
  return html`<section id="throughput"><h2>Throughput and tokens</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Throughput and tokens"><table class="bars"><thead><tr><th scope="col">model</th><td class="bar"></td>${heads.map((head) => html`<th scope="col" class="number">${head}</th>`)}</tr></thead>
<tbody>${costs.map(line)}</tbody></table></div></section>`;
}
