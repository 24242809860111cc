import type { Quantization } from '../checkpoint/decoder-contract.js';
import type { ModelKind } from './hub-files.js';

/** Which model is meant, as a config entry says it. */
export interface ModelReference {
  /** `owner/name` on the hub, or how the config spells a folder. */
  readonly modelId: string;
  /** Absolute folder when the id is one; null for the hub. */
  readonly localPath: string | null;
  /** Branch, tag or commit; null for `main`. */
  readonly revision: string | null;
  /** null: whichever the model has, 8-bit first. */
  readonly quantization: Quantization | null;
}

export interface ResolveOptions {
  /** Forbids any network access. HF_HUB_OFFLINE=1 does the same. */
  readonly offline: boolean;
  /** The config's token; HF_TOKEN is taken when it is absent. */
  readonly token?: string | null;
  /** One line for a person. */
  readonly note: (line: string) => void;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
  /** Fetch everything but the weights. */
  readonly withoutWeights?: boolean;
  /** Default: the cache folder that all hub programs share. */
  readonly cacheFolder?: string;
  /** Default: HF_ENDPOINT, else the public hub. */
  readonly hubUrl?: string;
  /** Sleeps between tries; for tests. */
  readonly wait?: (ms: number) => Promise<void>;
}

export interface WeightFile {
  readonly path: string;
  readonly size: number;
}

export interface ResolvedModel {
  readonly folder: string;
  /** What the folder holds: a ready decoder, or weights that must be converted first. */
  readonly kind: ModelKind;
  /** The folder as the config spells it, or the hub's own id. */
  readonly source: string;
  /** The commit the files are from; null for a local folder. */
  readonly revision: string | null;
  /** The files that hold the weights, fetched or not. */
  readonly weights: readonly WeightFile[];
}
