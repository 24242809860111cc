import type { Estimate } from '../compare-raters.js';
import { formatShare, formatValue } from '../text-table.js';
import { html, type Markup, NOTHING } from './markup.js';

const BREAK = html`<wbr>`;

type Format = (value: number | null) => string;

/** A number as the terminal shows it; the exact one, as in `--json`, stands in the attribute `value`. */
export function figure(value: number | null, format: Format = formatValue): Markup {
  if (value === null) return html`<span class="none" title="not defined">–</span>`;
  return html`<data value="${exact(value)}">${format(value)}</data>`;
}

export function share(value: number | null): Markup {
  return figure(value, formatShare);
}

/** The value with its interval below. */
export function estimated(estimate: Estimate, format: Format = formatValue): Markup {
  return html`${figure(estimate.value, format)}${interval(estimate.low, estimate.high, format)}`;
}

export function interval(low: number | null, high: number | null, format: Format = formatValue): Markup {
  if (low === null || high === null) return NOTHING;
  return html` <span class="interval">${figure(low, format)} to ${figure(high, format)}</span>`;
}

export function exact(value: number): string {
  return String(Number(value.toPrecision(12)));
}

/** `12,345` */
export function formatCount(value: number | null): string {
  return value === null ? '–' : String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function count(value: number): Markup {
  return figure(value, formatCount);
}

/** A name that may break after an underscore. */
export function breakable(name: string): Markup {
  return html`${name.split(/(?<=_)/).map((part, at) => html`${at === 0 ? NOTHING : BREAK}${part}`)}`;
}

/** Class of a cell's shade: `heat-0` to `heat-10`, for a share from 0 to 1. */
export function heat(value: number | null): string {
  if (value === null) return 'heat-none';
  return `heat-${Math.round(10 * Math.min(1, Math.max(0, value)))}`;
}
