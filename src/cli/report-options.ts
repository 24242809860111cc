import type { Command } from 'commander';
import { RunScoringError } from '../foundation/errors.js';

/** Where the HTML report goes, and what is in it. */
export interface ReportOptions {
  readonly path: string;
  /** Profile texts, and the models' sentences, which may quote them. */
  readonly texts: boolean;
}

export function addReportOptions(command: Command): Command {
  return command
    .option('--report <file>', 'write all of it and every row as one HTML file')
    .option('--report-without-text', "leave texts and the models' sentences out of the report");
}

/**
 * @returns undefined when no report is wanted
 * @throws RunScoringError USAGE_OPTION
 */
export function readReportOptions(raw: Record<string, unknown>): ReportOptions | undefined {
  const path = raw['report'] as string | undefined;
  const texts = raw['reportWithoutText'] !== true;
  if (path === undefined) {
    if (texts) return undefined;
    throw new RunScoringError('USAGE_OPTION', '--report-without-text needs --report.');
  }
  if (path === '' || path === '-') {
    throw new RunScoringError('USAGE_OPTION', '--report must name a file.');
  }
  return { path, texts };
}
