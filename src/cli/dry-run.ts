import type { PromptEncoder } from '../prompt/prompt-encoder.js';

export interface DryRunReport {
  readonly rows: number;
  readonly empty: number;
  readonly truncated: number;
  /** Tokens of each prompt before any cut, ascending. */
  readonly promptTokens: readonly number[];
  /** Prompts of the first three texts that are not empty, as text, with their data row (from 1). */
  readonly samples: readonly { row: number; prompt: string }[];
}

const SAMPLES = 3;
const BINS = 8;
const BAR_WIDTH = 30;

/** Renders and counts every prompt; scores nothing. */
export async function measurePrompts(
  texts: AsyncIterable<string>,
  encoder: Pick<PromptEncoder, 'encode' | 'render'>,
): Promise<DryRunReport> {
  const promptTokens: number[] = [];
  const samples: { row: number; prompt: string }[] = [];
  let rows = 0;
  let empty = 0;
  let truncated = 0;
  for await (const text of texts) {
    rows += 1;
    if (text.trim() === '') {
      empty += 1;
      continue;
    }
    if (samples.length < SAMPLES) samples.push({ row: rows, prompt: encoder.render(text) });
    const encoded = encoder.encode(text);
    promptTokens.push(encoded.uncutTokens);
    if (encoded.truncated) truncated += 1;
  }
  promptTokens.sort((a, b) => a - b);
  return { rows, empty, truncated, promptTokens, samples };
}

/** The rendered prompts. They show the profiles' texts: for a person who asked, never for a log. */
export function renderSamples(report: DryRunReport): string {
  return report.samples.map(({ row, prompt }) => `--- prompt of row ${row} ---\n${prompt}\n`).join('\n');
}

/** Counts per model: no texts. */
export function renderCounts(report: DryRunReport, modelName: string, maxInputTokens: number): string {
  const { rows, empty, truncated, promptTokens } = report;
  const lines = [`${modelName}: ${rows} rows, ${empty} empty, ${truncated} cut to ${maxInputTokens} tokens`];
  if (promptTokens.length === 0) return `${lines[0]}\n`;
  const least = promptTokens[0]!;
  const most = promptTokens.at(-1)!;
  const middle = promptTokens[Math.floor((promptTokens.length - 1) / 2)]!;
  lines.push(`  prompt tokens: least ${least}, median ${middle}, most ${most}`);
  lines.push(...histogram(promptTokens).map((line) => `  ${line}`));
  return `${lines.join('\n')}\n`;
}

/** Equal bins over an ascending list; the longest bar is {@link BAR_WIDTH} wide. */
export function histogram(ascending: readonly number[]): string[] {
  const least = ascending[0]!;
  const size = Math.max(1, Math.ceil((ascending.at(-1)! - least + 1) / BINS));
  const counts: number[] = [];
  for (const value of ascending) {
    const bin = Math.floor((value - least) / size);
    while (counts.length <= bin) counts.push(0);
    counts[bin] = counts[bin]! + 1;
  }
  const tallest = Math.max(...counts);
  return counts.map((count, bin) => {
    const from = least + bin * size;
    const range = size === 1 ? `${from}` : `${from}-${from + size - 1}`;
    const bar = '#'.repeat(Math.ceil((count / tallest) * BAR_WIDTH));
    return `${range.padStart(13)} ${bar.padEnd(BAR_WIDTH)} ${count}`;
  });
}
