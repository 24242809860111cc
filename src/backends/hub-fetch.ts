import { RunScoringError } from '../foundation/errors.js';
import { type Request, refusalError, unreachable } from './hub-errors.js';

/** Tries of one request, the first included. */
const TRIES = 5;
const FIRST_PAUSE_MS = 1000;
/** The hub's windows are five minutes long; a wish for more is not waited for. */
const LONGEST_WAIT_MS = 300_000;
/** A server that sends no headers for this long is taken for dead. */
const HEADERS_TIMEOUT_MS = 60_000;

export interface Patience {
  readonly note: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Sleeps; tests put their own clock here. */
  readonly wait?: (ms: number) => Promise<void>;
}

/**
 * A `fetch` for the hub client: tries again after a lost connection, 429 (as long as Retry-After says) and 5xx, and
 * throws every other refusal as a coded error. A success answers the range that was asked for.
 */
export function hubFetch(request: Request, patience: Patience): typeof fetch {
  const wait = patience.wait ?? ((ms: number) => sleep(ms, patience.signal));
  return async (input, init) => {
    const range = new Headers(init?.headers).get('range');
    for (let attempt = 1; ; attempt++) {
      const last = attempt === TRIES;
      let pause = FIRST_PAUSE_MS * 2 ** (attempt - 1);
      const response = await once(input, init, patience.signal).catch((cause: unknown) => {
        patience.signal?.throwIfAborted();
        if (last) throw unreachable(request.hubUrl, cause);
        return null;
      });
      if (response !== null) {
        if (response.ok) {
          const from = /^bytes=(\d+)-/.exec(range ?? '')?.[1];
          if (from === undefined || answersRange(response, from)) return response;
          await response.body?.cancel();
          throw new RangeIgnored();
        }
        const refusal = {
          status: response.status,
          errorCode: response.headers.get('x-error-code'),
          errorMessage: response.headers.get('x-error-message'),
        };
        await response.body?.cancel();
        const passing = response.status === 429 || response.status >= 500;
        if (!passing || last) throw refusalError(refusal, request);
        const asked = retryAfterMs(response.headers.get('retry-after'), Date.now());
        if (asked !== null && asked > LONGEST_WAIT_MS) throw refusalError(refusal, request);
        if (asked !== null) {
          pause = asked;
          if (asked >= 5000) patience.note(`the hub asks to wait ${Math.ceil(asked / 1000)} s`);
        }
      }
      await wait(pause);
    }
  };
}

/** The server sent the whole file where a part of it was asked for. */
export class RangeIgnored extends Error {}

function answersRange(response: Response, from: string): boolean {
  return (
    response.status === 206 && (response.headers.get('content-range') ?? '').startsWith(`bytes ${from}-`)
  );
}

async function once(
  input: Parameters<typeof fetch>[0],
  init: RequestInit | undefined,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const headersDue = new AbortController();
  const timer = setTimeout(() => headersDue.abort(), HEADERS_TIMEOUT_MS);
  const signals = [headersDue.signal, signal, init?.signal].filter((each) => each instanceof AbortSignal);
  try {
    return await fetch(input, { ...init, signal: AbortSignal.any(signals as AbortSignal[]) });
  } finally {
    clearTimeout(timer);
  }
}

/** Retry-After in either of its forms, in milliseconds from `now`; null when it is absent or not readable. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\s*\d+(?:\.\d+)?\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** A token as it may stand in a header. @throws RunScoringError MODEL_TOKEN, without the token in it */
export function cleanToken(token: string | undefined | null): string | undefined {
  const trimmed = token?.trim();
  if (trimmed === undefined || trimmed === '') return undefined;
  if (/^hf_[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  throw new RunScoringError(
    'MODEL_TOKEN',
    'hf_token is not a hub token: those begin with hf_ and have no spaces.',
    {
      hint: 'Put a token there, set HF_TOKEN, or leave hf_token out for public models.',
    },
  );
}
