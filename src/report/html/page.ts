import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Comparison } from '../compare-raters.js';
import { type ConfusionMatrix, confusionMatrix } from '../confusion-matrix.js';
import { type Evaluation, withoutCurves } from '../evaluate-raters.js';
import { toJson } from '../json-keys.js';
import type { Results } from '../read-results.js';
import { agreementSection } from './agreement-section.js';
import { distributionSection, type HumanFacts } from './distribution-section.js';
import { evaluationSection } from './evaluation-section.js';
import { dataBlock, html, type Markup, NOTHING } from './markup.js';
import { type RowDataOptions, rowMeta } from './row-data.js';
import { ROW_MODEL_SCRIPT } from './row-model-script.js';
import { ROW_VIEW_SCRIPT } from './row-view-script.js';
import { rowsSection } from './rows-section.js';
import { summarySection } from './summary-section.js';
import { THEME } from './theme.js';
import { type ModelCost, throughputSection } from './throughput-section.js';

export interface PageContent {
  readonly results: Results;
  readonly comparison: Comparison;
  /** Null without labels by people. */
  readonly evaluation: Evaluation | null;
  /** Null when the report is made from a table alone. */
  readonly costs: readonly ModelCost[] | null;
}

const SCRIPT = `'use strict';\n${ROW_MODEL_SCRIPT}${ROW_VIEW_SCRIPT}`;

/** Nothing is fetched and nothing runs but the script and the styles of this file, which the policy knows by their hashes. */
const POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(SCRIPT)}`,
  `style-src ${hashOf(THEME)}`,
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** All before the blocks of rows. The same content gives the same bytes. */
export function pageStart(content: PageContent, options: RowDataOptions): string {
  const { results, comparison, evaluation, costs } = content;
  const title = `Report on ${basename(results.file)}`;
  const links = [
    ['summary', 'Summary'],
    ['agreement', 'Agreement'],
    ...(evaluation === null ? [] : [['evaluation', 'Labels of people']]),
    ['labels', 'Labels and tags'],
    ['throughput', 'Throughput'],
    ['rows', 'Rows'],
  ] as const;
  const body: Markup = html`<header><h1>${title}</h1><nav aria-label="Sections"><ul>${links.map(([id, name]) => html`<li><a href="#${id!}">${name!}</a></li>`)}</ul></nav></header>
<main>${summarySection(comparison, evaluation)}
${agreementSection(comparison)}
${evaluation === null ? NOTHING : evaluationSection(evaluation, matricesOf(results))}
${distributionSection(comparison, humanFacts(results))}
${throughputSection(costs)}
${rowsSection(comparison, options.texts)}</main>
<footer><p>Made by run-scoring. This file holds all it shows and fetches nothing. Intervals: percentile bootstrap, ${comparison.bootstrap.resamples} resamples, seed ${comparison.bootstrap.seed}.</p></footer>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
${html`<title>${title}</title>`.text}
<style>${THEME}</style>
</head>
<body>
${body.text}
${dataBlock('id="figures"', figuresOf(content))}${dataBlock('id="meta"', rowMeta(results, options))}`;
}

/** All after the blocks of rows. */
export function pageEnd(): string {
  return `<script>${SCRIPT}</script>\n</body>\n</html>\n`;
}

/** What `--json` prints, without the points of the curves, for programs that read the report. */
function figuresOf({ results, comparison, evaluation }: PageContent): object {
  const file = basename(results.file);
  return {
    comparison: toJson({ ...comparison, file }),
    evaluation: evaluation === null ? null : toJson({ ...withoutCurves(evaluation), file }),
  };
}

function matricesOf(results: Results): ReadonlyMap<string, ConfusionMatrix> {
  const found = new Map<string, ConfusionMatrix>();
  for (const rater of results.raters) {
    const matrix = confusionMatrix(results, rater);
    if (matrix !== null) found.set(rater.name, matrix);
  }
  return found;
}

function humanFacts(results: Results): HumanFacts | null {
  const { human, humanTags, rubric } = results;
  if (human === null || !human.some((code) => code >= 0)) return null;
  const countOf = (column: Int16Array, wanted: number) =>
    column.reduce((sum, code) => sum + (code === wanted ? 1 : 0), 0);
  return {
    labels: Object.fromEntries(rubric.labels.map((label, at) => [label, countOf(human, at)])),
    tags: Object.fromEntries(
      rubric.tags.map((tag, at) => {
        const column = humanTags[at];
        return [tag, column === null || column === undefined ? null : countOf(column, 1)];
      }),
    ),
    unlabelled: human.reduce((sum, code) => sum + (code < 0 ? 1 : 0), 0),
  };
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
