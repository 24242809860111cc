import { RunScoringError } from '../foundation/errors.js';
import { nodeFileSystem } from '../table/file-system.js';
import { isSameFile } from '../table/same-file.js';

/**
 * Refuses to write a file that the command reads, or writes for something else, whatever link it is named by.
 * @param option that names the file; `path` and `others`: undefined and `-` are no files
 * @throws RunScoringError USAGE_OPTION
 */
export async function refuseSharedFile(
  option: string,
  path: string | undefined,
  others: readonly (string | undefined)[],
): Promise<void> {
  if (!(await isShared(path, others))) return;
  const message = `${option} names a file that this command needs for something else.`;
  throw new RunScoringError('USAGE_OPTION', message);
}

export async function isShared(
  path: string | undefined,
  others: readonly (string | undefined)[],
): Promise<boolean> {
  if (path === undefined || path === '-') return false;
  for (const other of others) {
    if (other === undefined || other === '-') continue;
    if (await isSameFile(nodeFileSystem, path, other)) return true;
  }
  return false;
}
