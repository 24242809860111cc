import { basename, dirname, join, resolve } from 'node:path';
import type { FileSystem } from './file-system.js';
import { splitSheet } from './table-kind.js';

/** Whether two paths lead to one file, links followed. The sheet of a workbook does not count, and no file need be there. */
export async function isSameFile(fileSystem: FileSystem, one: string, other: string): Promise<boolean> {
  return (await placeOf(fileSystem, one)) === (await placeOf(fileSystem, other));
}

async function placeOf(fileSystem: FileSystem, given: string): Promise<string> {
  const path = resolve(splitSheet(given).path);
  const facts = await fileSystem.facts(path).catch(() => undefined);
  if (facts !== undefined) return facts.identity;
  const folder = await fileSystem.realPath(dirname(path)).catch(() => dirname(path));
  return join(folder, basename(path));
}
