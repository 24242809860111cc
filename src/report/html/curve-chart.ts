import type { RaterEvaluation } from '../evaluate-raters.js';
import { formatValue } from '../text-table.js';
import { html, type Markup, NOTHING } from './markup.js';

const WIDTH = 300;
const HEIGHT = 220;
/** Room for the axes. */
const [LEFT, TOP, RIGHT, BOTTOM] = [40, 10, 10, 38];
const TICKS = [0, 0.25, 0.5, 0.75, 1];

const x = (recall: number) => LEFT + recall * (WIDTH - LEFT - RIGHT);
const y = (precision: number) => TOP + (1 - precision) * (HEIGHT - TOP - BOTTOM);
const at = (value: number) => String(Number(value.toFixed(2)));

/**
 * A precision-recall curve in its steps, the band of its intervals, and the share of positive rows, which is the precision
 * of calling every row positive.
 * @param prevalence null without rows
 */
export function curveChart(rater: RaterEvaluation, prevalence: number | null): Markup {
  const { low, high, value } = rater.averagePrecision;
  const words = `Precision against recall for ${rater.name}: area ${formatValue(value)}${low === null || high === null ? '' : `, interval ${formatValue(low)} to ${formatValue(high)}`}.`;
  const grid = TICKS.map(
    (tick) =>
      html`<path class="grid" d="M${at(x(tick))} ${at(y(0))}V${at(y(1))}M${at(x(0))} ${at(y(tick))}H${at(x(1))}"/><text x="${at(x(tick))}" y="${at(y(0) + 14)}" text-anchor="middle">${tick}</text><text x="${at(x(0) - 5)}" y="${at(y(tick) + 4)}" text-anchor="end">${tick}</text>`,
  );
  const base =
    prevalence === null
      ? NOTHING
      : html`<path class="base" d="M${at(x(0))} ${at(y(prevalence))}H${at(x(1))}"/>`;
  return html`<svg class="curve" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${words}">
${grid}${bandPath(rater)}${base}<path class="line" d="${stepPath(rater)}"/>
<text x="${at(x(0.5))}" y="${HEIGHT - 6}" text-anchor="middle">recall</text><text transform="translate(11 ${at(y(0.5))}) rotate(-90)" text-anchor="middle">precision</text></svg>`;
}

/** Each step holds back to the recall before it, as the area counts it. */
function stepPath({ curve }: RaterEvaluation): string {
  let path = '';
  let before = -1;
  let [least, most] = [0, 0];
  // Of the steps that fall into one quarter of a pixel the highest and the lowest are drawn.
  const draw = (column: number) => {
    path += `${path === '' ? `M${at(x(0))} ` : 'V'}${at(y(most))}H${at(column / 4)}`;
    if (least < most) path += `V${at(y(least))}`;
  };
  for (const { recall, precision } of curve) {
    const column = Math.round(4 * x(recall));
    if (column === before) {
      least = Math.min(least, precision);
      most = Math.max(most, precision);
      continue;
    }
    if (before >= 0) draw(before);
    before = column;
    [least, most] = [precision, precision];
  }
  if (before >= 0) draw(before);
  return path;
}

function bandPath({ band }: RaterEvaluation): Markup {
  if (band.length === 0) return NOTHING;
  const upper = band.map((point) => `L${at(x(point.recall))} ${at(y(point.high))}`);
  const lower = band.map((point) => `L${at(x(point.recall))} ${at(y(point.low))}`).reverse();
  const [first] = band;
  return html`<path class="band" d="M${at(x(0))} ${at(y(first!.high))}${upper.join('')}${lower.join('')}L${at(x(0))} ${at(y(first!.low))}Z"/>`;
}
