import type { Comparison, Estimate } from './compare-raters.js';
import { fewRowsCaution } from './interval-cautions.js';
import {
  alignColumns,
  countOf,
  formatInterval,
  formatShare,
  formatValue,
  shorten,
  wrapText,
} from './text-table.js';

/** A comparison for a person, within 80 columns. Holds no text of any row. */
export function renderComparison(comparison: Comparison): string {
  const { rows, complete, incomplete, unasked, raters, pairs, disputed } = comparison;
  const lines = [
    ...wrapText(
      `${countOf(rows, 'row')}: ${complete} labelled by every model, ${incomplete} with a label missing, ${unasked} without text`,
    ),
    '',
    ...renderRaters(comparison),
  ];
  if (raters.filter((rater) => rater.kind === 'model').length < 2) {
    lines.push('', 'One model: there is nothing to compare it with.');
    return `${lines.join('\n')}\n`;
  }
  lines.push('', ...renderAgreement(comparison));
  if (pairs.length > 1) lines.push('', ...renderPairs(comparison));
  const few = fewRowsCaution(complete);
  if (few !== undefined) lines.push('', ...wrapText(`warning: ${few}`));
  const { prevalence } = comparison;
  if (prevalence?.misleading === true) {
    lines.push(
      '',
      ...wrapText(
        `warning: ${formatShare(prevalence.share)} of all labels are "${prevalence.label}". Models that never look would agree on ${formatShare(prevalence.chanceAgreement)} of the rows: go by kappa and alpha.`,
      ),
    );
  }
  lines.push('', ...renderDisputed(comparison));
  if (disputed === 0) lines.pop();
  return `${lines.join('\n')}\n`;
}

function renderRaters({ raters }: Comparison): string[] {
  const labels = Object.keys(raters[0]!.labels).slice(0, 4);
  const abstains = raters.some((rater) => rater.abstained > 0);
  const lines = alignColumns([
    [
      'model',
      'labelled',
      'missing',
      ...(abstains ? ['abstained'] : []),
      ...labels.map((label) => shorten(label, 10)),
    ],
    ...raters.map((rater) => [
      shorten(rater.name, 20),
      String(rater.answered),
      String(rater.missing),
      ...(abstains ? [String(rater.abstained)] : []),
      ...labels.map((label) => {
        const count = rater.labels[label]!;
        return rater.answered === 0 ? '0' : `${count} (${formatShare(count / rater.answered)})`;
      }),
    ]),
  ]);
  const rest = Object.keys(raters[0]!.labels).length - labels.length;
  if (rest > 0) lines.push(`  and ${countOf(rest, 'label')} more; --json has them all`);
  const tagged = raters.filter((rater) => rater.tags !== null);
  if (tagged.length === 0) return lines;
  const shown = tagged.slice(0, 4);
  return [
    ...lines,
    '',
    ...alignColumns([
      ['tag', ...shown.map((rater) => shorten(rater.name, 10))],
      ...Object.keys(shown[0]!.tags!).map((tag) => [
        shorten(tag, 30),
        ...shown.map((rater) => String(rater.tags![tag]!)),
      ]),
    ]),
  ];
}

function renderAgreement(comparison: Comparison): string[] {
  const share = (name: string, estimate: Estimate) => [
    name,
    formatShare(estimate.value),
    formatInterval(estimate, formatShare),
  ];
  const value = (name: string, estimate: Estimate) => [
    name,
    formatValue(estimate.value),
    formatInterval(estimate),
  ];
  const [pair, ...others] = comparison.pairs;
  return alignColumns([
    ['agreement of the models', '', `${Math.round(100 * comparison.bootstrap.level)}% interval`],
    share('same label', comparison.agreement),
    ...(pair !== undefined && others.length === 0 ? [value("Cohen's kappa", pair.kappa)] : []),
    value("Fleiss' kappa", comparison.fleissKappa),
    value("Krippendorff's alpha, labels", comparison.alpha),
    ...(comparison.tagAlpha.value === null
      ? []
      : [value("Krippendorff's alpha, tags (MASI)", comparison.tagAlpha)]),
  ]);
}

function renderPairs({ pairs }: Comparison): string[] {
  // Kappa is Cohen's; the interval is that of kappa.
  return alignColumns([
    ['pair', 'rows', 'missing', 'same label', 'kappa', 'interval'],
    ...pairs.map((pair) => [
      `${shorten(pair.first, 10)} / ${shorten(pair.second, 10)}`,
      String(pair.both),
      String(pair.missing),
      formatShare(pair.agreement.value),
      formatValue(pair.kappa.value),
      formatInterval(pair.kappa),
    ]),
  ]);
}

function renderDisputed({ disputed, disputedRows, rows }: Comparison): string[] {
  const head = `The models differ on ${disputed} of ${countOf(rows, 'row')}`;
  if (disputedRows.length === 0) return [`${head}.`, ''];
  const names = Object.keys(disputedRows[0]!.labels).slice(0, 4);
  return [
    `${head}; the surest first:`,
    ...alignColumns([
      ['row', ...names.map((name) => shorten(name, 14))],
      ...disputedRows.map((each) => [
        String(each.row),
        ...names.map((name) => {
          const confidence = each.confidence[name];
          const label = shorten(each.labels[name] ?? '-', 10);
          return confidence === null || confidence === undefined
            ? label
            : `${label} ${formatValue(confidence)}`;
        }),
      ]),
    ]),
  ];
}
