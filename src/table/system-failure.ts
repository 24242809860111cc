import { type ErrorCode, RunScoringError } from '../foundation/errors.js';

const SENTENCES: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'the path is too long',
  EFBIG: 'the file would be too large',
};

/** Node's code of a failed system call, such as `ENOSPC`; undefined for any other error. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}

/**
 * Turns a failed system call into an error for the operator: `what` says what was being done.
 * Any other error, a defect of this program, comes back unchanged.
 */
export function systemFailure(
  error: unknown,
  code: ErrorCode,
  what: string,
  file: string,
  hint?: string,
): unknown {
  const cause = systemCode(error);
  if (error instanceof RunScoringError || cause === undefined) return error;
  const reason = SENTENCES[cause] ?? 'the system refused';
  return new RunScoringError(code, `${what}: ${reason} (${cause}).`, {
    at: { file },
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}
