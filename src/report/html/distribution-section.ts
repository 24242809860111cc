import type { Comparison, RaterFacts } from '../compare-raters.js';
import { formatShare } from '../text-table.js';
import { breakable, count, share } from './figures.js';
import { html, type Markup, NOTHING } from './markup.js';

/** What people said, in the form of a rater; counts of rows. */
export interface HumanFacts {
  readonly labels: Readonly<Record<string, number>>;
  /** Null for a tag without its column. */
  readonly tags: Readonly<Record<string, number | null>>;
  readonly unlabelled: number;
}

interface Line {
  readonly name: string;
  readonly parts: readonly { name: string; colour: string; rows: number }[];
}

/** How often each model gave each label and tag, and how often none. */
export function distributionSection(comparison: Comparison, human: HumanFacts | null): Markup {
  const labels = Object.keys(comparison.raters[0]?.labels ?? {});
  const lines: Line[] = comparison.raters.map((rater) => ({ name: rater.name, parts: partsOf(rater) }));
  if (human !== null) {
    const parts = labels.map((name, at) => ({ name, colour: colourOf(at), rows: human.labels[name] ?? 0 }));
    lines.unshift({
      name: 'people',
      parts: [...parts, { name: 'no label', colour: 'missing', rows: human.unlabelled }],
    });
  }
  const columns = [
    ...labels,
    ...['no label', 'left open', 'no text'].filter((name) =>
      lines.some((line) => line.parts.some((part) => part.name === name && part.rows > 0)),
    ),
  ];
  const rowsOf = (line: Line, name: string) => line.parts.find((part) => part.name === name)?.rows ?? 0;
  const colour = (name: string) =>
    lines.flatMap((line) => line.parts).find((part) => part.name === name)?.colour;
  return html`<section id="labels"><h2>Labels and tags</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Labels"><table class="bars"><caption>Rows by label; shares are of the labelled rows</caption>
<thead><tr><th scope="col">model</th><td class="bar"></td>${columns.map((name) => html`<th scope="col" class="number"><span class="swatch fill-${colour(name) ?? 'missing'}"></span>${name}</th>`)}</tr></thead>
<tbody>${lines.map((line) => {
    const labelled = labels.reduce((sum, name) => sum + rowsOf(line, name), 0);
    return html`<tr><th scope="row">${line.name}</th><td class="bar">${stackedBar(line)}</td>${columns.map(
      (name) => {
        const rows = rowsOf(line, name);
        const part =
          labels.includes(name) && labelled > 0
            ? html` <span class="interval">${share(rows / labelled)}</span>`
            : NOTHING;
        return html`<td class="number">${count(rows)}${part}</td>`;
      },
    )}</tr>`;
  })}</tbody></table></div>
${tagTable(comparison, human)}</section>`;
}

function partsOf(rater: RaterFacts): Line['parts'] {
  return [
    ...Object.entries(rater.labels).map(([name, rows], at) => ({ name, colour: colourOf(at), rows })),
    { name: 'no label', colour: 'missing', rows: rater.missing },
    { name: 'left open', colour: 'open', rows: rater.abstained },
    { name: 'no text', colour: 'unasked', rows: rater.unasked },
  ];
}

/** Eight colours go round. */
export function colourOf(label: number): string {
  return `label-${label % 8}`;
}

function stackedBar(line: Line): Markup {
  const total = line.parts.reduce((sum, part) => sum + part.rows, 0);
  let at = 0;
  const pieces = line.parts.map((part) => {
    const width = total === 0 ? 0 : (100 * part.rows) / total;
    const piece = html`<rect x="${at.toFixed(2)}" width="${width.toFixed(2)}" height="10" class="fill-${part.colour}"/>`;
    at += width;
    return width === 0 ? NOTHING : piece;
  });
  return html`<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">${pieces}</svg>`;
}

function tagTable(comparison: Comparison, human: HumanFacts | null): Markup {
  const tagged = comparison.raters.filter((rater) => rater.tags !== null);
  if (tagged.length === 0) return NOTHING;
  const tags = Object.keys(tagged[0]!.tags!);
  const people = human !== null && tags.some((tag) => human.tags[tag] !== null) ? human : null;
  const cell = (rows: number | null, of: number) =>
    rows === null
      ? html`<td><span class="none">–</span></td>`
      : html`<td class="tagged">${bar(of === 0 ? 0 : rows / of)} <span>${count(rows)} <span class="interval">${of === 0 ? '' : formatShare(rows / of)}</span></span></td>`;
  const labelled = people === null ? 0 : Object.values(people.labels).reduce((sum, rows) => sum + rows, 0);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Tags"><table class="bars"><caption>Rows by tag; shares are of the labelled rows</caption>
<thead><tr><th scope="col">tag</th>${people === null ? NOTHING : html`<th scope="col">people</th>`}${tagged.map((rater) => html`<th scope="col">${rater.name}</th>`)}</tr></thead>
<tbody>${tags.map((tag) => html`<tr><th scope="row">${breakable(tag)}</th>${people === null ? NOTHING : cell(people.tags[tag] ?? null, labelled)}${tagged.map((rater) => cell(rater.tags![tag] ?? 0, rater.answered))}</tr>`)}</tbody></table></div>`;
}

/** One bar, for a share from 0 to 1. */
export function bar(part: number): Markup {
  return html`<svg class="mini" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect width="100" height="10" class="fill-track"/><rect width="${(100 * Math.min(1, part)).toFixed(2)}" height="10" class="fill-accent"/></svg>`;
}
