import { RunScoringError } from '../foundation/errors.js';
import { nearestName } from '../foundation/nearest-name.js';
import { COMMIT } from './hub-cache.js';
import { type Request, refusalError } from './hub-errors.js';
import { hubFetch, type Patience } from './hub-fetch.js';
import type { HubFile } from './hub-files.js';

export const PUBLIC_HUB = 'https://huggingface.co';
/** More files than any model repository has. */
const MAX_FILES = 20_000;

/** The hub's answers about one model, through the official client. */
export class HubClient {
  constructor(
    readonly hubUrl: string,
    private readonly token: string | undefined,
    private readonly patience: Patience,
  ) {}

  /** The commit that a branch, tag or commit stands for, and the model's present name (models get renamed). */
  async resolve(modelId: string, revision: string): Promise<{ commit: string; name: string }> {
    const { modelInfo } = await import('@huggingface/hub');
    try {
      const info = await modelInfo({
        ...this.#common(modelId, revision),
        name: modelId,
        revision,
        additionalFields: ['sha'],
      });
      if (typeof info.sha !== 'string' || !COMMIT.test(info.sha)) throw this.#malformed();
      return { commit: info.sha, name: info.name };
    } catch (error) {
      if (error instanceof RunScoringError && error.code === 'MODEL_NOT_FOUND')
        throw await this.#withNearName(error, modelId);
      throw this.#coded(error);
    }
  }

  async files(modelId: string, commit: string): Promise<HubFile[]> {
    const { listFiles } = await import('@huggingface/hub');
    const files: HubFile[] = [];
    try {
      const entries = listFiles({
        ...this.#common(modelId, commit),
        repo: modelId,
        revision: commit,
        recursive: true,
      });
      for await (const entry of entries) {
        if (entry.type !== 'file') continue;
        const size = entry.lfs?.size ?? entry.size;
        const hash = (entry.lfs?.oid ?? entry.oid ?? '').replace(/^sha256:/, '');
        if (!Number.isSafeInteger(size) || size < 0 || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(hash)) {
          throw this.#malformed();
        }
        files.push({ path: entry.path, size, hash });
        if (files.length > MAX_FILES) throw this.#malformed();
      }
    } catch (error) {
      throw this.#coded(error);
    }
    return files;
  }

  /** A file's content from byte `from` on. */
  async content(
    modelId: string,
    commit: string,
    file: HubFile,
    from: number,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const { downloadFile } = await import('@huggingface/hub');
    const url = `${this.hubUrl}/${modelId}/resolve/${commit}/${file.path}`;
    // The client's blob hides why a request failed behind a message; the reason is kept here.
    let reason: unknown;
    const send = hubFetch(this.#request(modelId, commit, file.path), { ...this.patience, signal });
    const blob = await downloadFile({
      repo: modelId,
      path: file.path,
      revision: commit,
      hubUrl: this.hubUrl,
      // Plain HTTP serves every file, and a plain range takes a broken download up again.
      xet: false,
      downloadInfo: { url, size: file.size, etag: file.hash },
      ...this.#credentials(),
      fetch: (input, init) =>
        send(input, init).catch((error: unknown) => {
          reason = error;
          throw error;
        }),
    });
    const reader = blob!.slice(from).stream().getReader();
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          controller.error(reason ?? error);
        }
      },
      cancel: (why) => reader.cancel(why),
    });
  }

  #request(modelId: string, revision: string, path?: string): Request {
    const hasToken = this.token !== undefined;
    return { modelId, hubUrl: this.hubUrl, hasToken, revision, ...(path === undefined ? {} : { path }) };
  }

  #common(modelId: string, revision: string) {
    return {
      hubUrl: this.hubUrl,
      fetch: hubFetch(this.#request(modelId, revision), this.patience),
      ...this.#credentials(),
    };
  }

  #credentials(): { accessToken?: string } {
    return this.token === undefined ? {} : { accessToken: this.token };
  }

  /** Adds the nearest name among the owner's models to a "not found". */
  async #withNearName(error: RunScoringError, modelId: string): Promise<RunScoringError> {
    const owner = modelId.split('/')[0]!;
    const names: string[] = [];
    try {
      const { listModels } = await import('@huggingface/hub');
      const patience = { ...this.patience, wait: () => Promise.reject(new Error('not worth waiting for')) };
      const search = { owner };
      const fetchOnce = hubFetch(this.#request(modelId, 'main'), patience);
      for await (const model of listModels({
        search,
        limit: 500,
        hubUrl: this.hubUrl,
        fetch: fetchOnce,
        ...this.#credentials(),
      })) {
        names.push(model.name);
      }
    } catch {
      return error;
    }
    const near = nearestName(modelId, names);
    if (near === undefined) return error;
    return new RunScoringError(error.code, error.message, {
      hint: `Did you mean ${near}? ${error.hint ?? ''}`.trim(),
    });
  }

  #malformed(): RunScoringError {
    return new RunScoringError('MODEL_HUB_FAILED', `The answer from ${this.hubUrl} is not the hub's.`, {
      hint: 'A proxy or a sign-in page may stand between.',
    });
  }

  /** The client's own errors become coded ones; their messages may quote addresses and are not passed on. */
  #coded(error: unknown): unknown {
    if (error instanceof RunScoringError) return error;
    if ((error as Error).name === 'AbortError' || this.patience.signal?.aborted === true) return error;
    const status = (error as { statusCode?: unknown }).statusCode;
    if (typeof status === 'number') {
      return refusalError(
        { status, errorCode: null, errorMessage: null },
        this.#request('the model', 'main'),
      );
    }
    return this.#malformed();
  }
}
