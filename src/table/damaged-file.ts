import { RunScoringError } from '../foundation/errors.js';
import { unreadable } from './open-input.js';
import { systemCode } from './system-failure.js';

/**
 * What a reader of files in parts throws on bytes that make no sense to it becomes a coded error, without a cause: its own
 * words may quote the file. Coded errors and failures of the system stay what they are.
 */
export function damagedFile(error: unknown, file: string, what: string): unknown {
  if (error instanceof RunScoringError) return error;
  if (systemCode(error) !== undefined) return unreadable(error, file);
  return new RunScoringError('INPUT_DAMAGED', `The file is no whole ${what}.`, {
    at: { file },
    hint: 'It may be cut off, or another format under this name.',
  });
}

/** @throws RunScoringError INPUT_TOO_LARGE */
export function tooLarge(file: string, what: string, hint: string): RunScoringError {
  return new RunScoringError('INPUT_TOO_LARGE', what, { at: { file }, hint });
}
