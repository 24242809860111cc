import { RunScoringError } from '../foundation/errors.js';
import { ExitCode } from '../foundation/exit-codes.js';

/**
 * Writes an error to stderr and returns the exit code that belongs to it. An operator's failure is one line.
 * Of anything else only its kind and the places in this program are shown: the message of an unknown error may quote
 * a cell or a token.
 */
export async function reportError(error: unknown): Promise<ExitCode> {
  const { maskTokens } = await import('../foundation/logger.js');
  if (error instanceof RunScoringError) {
    process.stderr.write(`${maskTokens(`error: ${error.toLine()}`)}\n`);
    return error.exitCode;
  }
  process.stderr.write(`${maskTokens(describeUnknown(error))}\n`);
  return ExitCode.internal;
}

/** Kind, code and stack places of an unexpected error and its causes, without their messages. */
export function describeUnknown(error: unknown): string {
  const lines: string[] = [];
  let current = error;
  for (let depth = 0; current instanceof Error && depth < 5; depth++) {
    const code = (current as { code?: unknown }).code;
    const shown = typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,50}$/.test(code) ? ` (${code})` : '';
    lines.push(`${depth === 0 ? 'internal error' : 'caused by'}: ${current.constructor.name}${shown}`);
    const places = (current.stack ?? '').split('\n').filter((line) => /^ {4}at .*:\d+:\d+\)?$/.test(line));
    lines.push(...places.slice(0, 12));
    current = current.cause;
  }
  if (lines.length === 0) lines.push(`internal error: a ${typeof error} was thrown`);
  lines.push('This is a defect of run-scoring. The message is not shown because it may quote your data.');
  return lines.join('\n');
}
