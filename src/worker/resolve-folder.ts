import { type PreparedModel, prepareModel } from '../backends/prepare-model.js';
import type { LoadRequest } from './protocol.js';

export interface ResolveFolderOptions {
  /** Called as bytes are fetched or converted, so that a watcher sees that something moves. */
  readonly onProgress?: () => void;
  /** Tokenizer and config alone: for counting prompts. */
  readonly withoutWeights?: boolean;
}

/** Finds the folder a model is loaded from, fetched and converted where needed, and says in one line where that is. */
export async function resolveFolder(
  request: Pick<
    LoadRequest,
    'modelId' | 'localPath' | 'revision' | 'token' | 'offline' | 'quantization' | 'device'
  >,
  note: (line: string) => void,
  options: ResolveFolderOptions = {},
): Promise<PreparedModel> {
  const { token, offline, device } = request;
  return prepareModel(request, { token, offline, device, note, ...options });
}
