import { stat } from 'node:fs/promises';
import { RunScoringError } from '../foundation/errors.js';
import type { LoadRequest } from './protocol.js';

export interface ResolvedFolder {
  readonly folder: string;
  /** What the summary names as the origin. */
  readonly source: string;
  readonly revision: string | null;
}

/** Finds the folder a model is loaded from, and says in one line where that is. */
export async function resolveFolder(
  request: Pick<
    LoadRequest,
    'modelId' | 'localPath' | 'revision' | 'token' | 'offline' | 'quantization' | 'device'
  >,
  note: (line: string) => void,
): Promise<ResolvedFolder> {
  const { localPath, modelId } = request;
  if (localPath !== null) {
    const isFolder = await stat(localPath).then(
      (info) => info.isDirectory(),
      () => false,
    );
    if (!isFolder) {
      throw new RunScoringError('MODEL_FOLDER_MISSING', `The model folder of ${modelId} does not exist.`, {
        at: { file: localPath },
      });
    }
    note(`${modelId}: local folder`);
    return { folder: localPath, source: modelId, revision: null };
  }
  throw new RunScoringError('MODEL_NOT_LOCAL', `The model ${modelId} is not a local folder.`);
}
