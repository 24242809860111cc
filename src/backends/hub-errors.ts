import { RunScoringError } from '../foundation/errors.js';

/** An answer of the hub that is not a success, with the two headers in which it says why. */
export interface Refusal {
  readonly status: number;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

export interface Request {
  readonly modelId: string;
  readonly hubUrl: string;
  readonly hasToken: boolean;
  readonly revision: string;
  /** File that was asked for, if it was one. */
  readonly path?: string;
}

/** Says in one error what the hub refused and what to do about it. The token is in none of its parts. */
export function refusalError(refusal: Refusal, request: Request): RunScoringError {
  const { status, errorCode } = refusal;
  const { modelId, hubUrl, hasToken, revision, path } = request;
  const page = `${hubUrl}/${modelId}`;
  if (errorCode === 'GatedRepo') {
    return new RunScoringError('MODEL_GATED', `${modelId} is gated (${status}).`, {
      hint: hasToken
        ? `The token's account has no access yet: ask for it at ${page}`
        : `Accept its licence at ${page}, then set HF_TOKEN to a token of that account.`,
    });
  }
  if (errorCode === 'RevisionNotFound') {
    return new RunScoringError('MODEL_REVISION', `${modelId} has no revision ${JSON.stringify(revision)}.`, {
      hint: `Branches and tags are at ${page}/tree/main`,
    });
  }
  if (errorCode === 'EntryNotFound') {
    return new RunScoringError('MODEL_FILES', `${modelId} has no file ${path ?? ''}.`);
  }
  if (status === 401 && hasToken) {
    return new RunScoringError('MODEL_TOKEN', 'The hub does not accept the token (401).', {
      hint: `Make a new one at ${hubUrl}/settings/tokens`,
    });
  }
  if (status === 403) {
    return new RunScoringError('MODEL_FORBIDDEN', `The token may not read ${modelId} (403).`, {
      hint: `Open ${page} with the token's account; a fine-grained token also needs the right to read gated repositories.`,
    });
  }
  if (status === 401 || status === 404) {
    // Without a token the hub answers 401 for what does not exist and for what is private alike.
    return new RunScoringError('MODEL_NOT_FOUND', `The hub has no model ${modelId} (${status}).`, {
      hint: hasToken ? 'Check the spelling.' : 'Check the spelling; a private model needs HF_TOKEN.',
    });
  }
  if (status === 429) {
    return new RunScoringError('MODEL_HUB_BUSY', 'The hub turns requests away for now (429).', {
      hint: 'Try again later; with HF_TOKEN set, the limits are higher.',
    });
  }
  return new RunScoringError('MODEL_HUB_FAILED', `The hub failed (${status}).`, { hint: 'Try again later.' });
}

export function unreachable(hubUrl: string, cause: unknown): RunScoringError {
  return new RunScoringError('MODEL_HUB_UNREACHABLE', `The hub at ${hubUrl} cannot be reached.`, {
    hint: 'Check the network, or fetch the model elsewhere and use its folder.',
    cause: codeOf(cause),
  });
}

/** Only the system's code of a failure, such as ECONNREFUSED: a whole cause may quote the request. */
function codeOf(cause: unknown): string {
  const inner = (cause as { cause?: { code?: unknown } } | null)?.cause?.code;
  const code = inner ?? (cause as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'no connection';
}

/** Whether the hub may do better in a while, so that a cached copy should be used meanwhile. */
export function isOutage(error: unknown): boolean {
  return (
    error instanceof RunScoringError &&
    ['MODEL_HUB_UNREACHABLE', 'MODEL_HUB_FAILED', 'MODEL_HUB_BUSY'].includes(error.code)
  );
}
