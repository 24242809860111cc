import { RunScoringError } from '../foundation/errors.js';
import { digestFile } from '../table/digest-file.js';
import type { FileSystem } from '../table/file-system.js';
import { runFolderOf } from '../table/output-target.js';
import { readRunState } from '../table/run-folder.js';
import { splitSheet } from '../table/table-kind.js';

/** What a model was asked, by the names that a person knows, such as `prompt.system`. Long values stand as SHA-256. */
export type RunSettings = Readonly<Record<string, string>>;

/** By model, what its columns were made with. */
export type RecordedRuns = ReadonlyMap<string, RunSettings>;

export interface RunRecord {
  readonly runs: RecordedRuns;
  /** SHA-256 of the file that the record is about; the record says nothing of any other. */
  readonly sha256: string;
}

/**
 * What a run left beside its output about each model's columns, those of earlier runs over the same table included.
 * Undefined where nothing lies beside the file.
 */
export async function readRunRecord(
  fileSystem: FileSystem,
  path: string,
  header: readonly string[],
): Promise<RunRecord | undefined> {
  const state = await stateBeside(fileSystem, path);
  const finished = state?.['finished'];
  if (!isObject(finished) || !isObject(finished['models'])) return undefined;
  const runs = new Map<string, RunSettings>();
  for (const [model, settings] of Object.entries(finished['models'])) {
    if (isObject(settings) && header.some((name) => name.startsWith(`ai_${model}_`))) {
      runs.set(model, Object.fromEntries(Object.entries(settings).map(([name, is]) => [name, String(is)])));
    }
  }
  return { runs, sha256: String(finished['outputSha256']) };
}

/** Whether the file is, to the byte, the one that the run wrote. */
export async function isAbout(fileSystem: FileSystem, path: string, record: RunRecord): Promise<boolean> {
  try {
    const file = await fileSystem.open(splitSheet(path).path, 'read');
    try {
      return (await digestFile(file)) === record.sha256;
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}

/** A record is a help, never a condition: what cannot be read does not stand in the way of the table. */
async function stateBeside(
  fileSystem: FileSystem,
  path: string,
): Promise<Record<string, unknown> | undefined> {
  try {
    return await readRunState(fileSystem, runFolderOf(await fileSystem.realPath(splitSheet(path).path)));
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The names of the settings in which two runs differ. */
export function changedSettings(first: RunSettings, second: RunSettings): string[] {
  const names = new Set([...Object.keys(first), ...Object.keys(second)]);
  return [...names].filter((name) => first[name] !== second[name]);
}

/**
 * Columns that were made with different settings answer different questions.
 * @param models those that are to be read together; default: all
 * @throws RunScoringError INPUT_MIXED_RUNS
 */
export async function refuseMixedModels(
  fileSystem: FileSystem,
  path: string,
  header: readonly string[],
  models: readonly string[] | undefined,
  file: string,
): Promise<void> {
  const record = await readRunRecord(fileSystem, path, header);
  const runs = [...(record?.runs ?? [])].filter(([model]) => models?.includes(model) ?? true);
  const [first, ...others] = runs;
  for (const other of others) {
    const changed = changedSettings(first![1], other[1]);
    if (changed.length === 0) continue;
    // The file may have been replaced or changed since.
    if (!(await isAbout(fileSystem, path, record!))) return;
    throw new RunScoringError(
      'INPUT_MIXED_RUNS',
      `The models ${first![0]} and ${other[0]} were run with different configs (${changed.join(', ')}).`,
      {
        at: { file },
        hint: 'Choose models of one run with --models, or add --allow-mixed-runs to read them as one.',
      },
    );
  }
}
