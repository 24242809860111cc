import { RunScoringError } from '../foundation/errors.js';
import { AtomicFile, removeDrafts, replaceFile } from '../table/atomic-file.js';
import { type FileSystem, nodeFileSystem } from '../table/file-system.js';
import { type OutputTarget, resolveOutput } from '../table/output-target.js';
import { RunFolder } from '../table/run-folder.js';
import { systemFailure } from '../table/system-failure.js';
import type { Table } from '../table/table.js';
import { checkOutputFormat, createTableWriter } from '../table/table-writer.js';
import type { TableWriterOptions, WrittenRow } from '../table/written-table.js';

/** What a table looks like that is made from another one. */
export interface TableForm extends Pick<TableWriterOptions, 'firstOutput' | 'numbers' | 'said'> {
  readonly header: readonly string[];
  /** For each column before `firstOutput` its position in the source; -1 for none. */
  readonly columns: readonly number[];
}

/**
 * Writes a table in the format that its name tells, else in that of the table it was made from; it appears when it is complete.
 * @param path a file, or `-` for stdout
 * @throws RunScoringError OUTPUT_…
 */
export async function writeTable(
  path: string,
  source: Table,
  rows: AsyncIterable<WrittenRow>,
  form: TableForm,
): Promise<void> {
  const { header, ...options } = form;
  await checkOutputFormat(path, source, header);
  const write = async (sink: (bytes: Buffer) => Promise<void>) => {
    const writer = await createTableWriter(path, source, {
      ...options,
      guard: 'outputs',
      write: sink,
    });
    await writer.writeHeader(header);
    for await (const row of rows) await writer.writeRow(row);
    await writer.end();
  };
  if (path === '-') {
    await write((bytes) => new Promise((resolve) => process.stdout.write(bytes, () => resolve())));
    return;
  }
  await writeInPlace(path, source.identity, write);
}

/**
 * Writes a text that comes in parts; the file appears when it is complete.
 * @param input identity of a file that must not be replaced
 * @throws RunScoringError OUTPUT_…
 */
export async function writeFileInParts(
  path: string,
  parts: AsyncIterable<string>,
  input: string,
): Promise<void> {
  await writeInPlace(path, input, async (sink) => {
    for await (const part of parts) await sink(Buffer.from(part, 'utf8'));
  });
}

async function writeInPlace(
  path: string,
  input: string,
  write: (sink: (bytes: Buffer) => Promise<void>) => Promise<void>,
): Promise<void> {
  const fileSystem = nodeFileSystem;
  const target = await resolveOutput(fileSystem, path, input);
  await guarded(target, async () => {
    // Its lock: a run, or another command, may be writing the same file.
    const folder = await RunFolder.open(fileSystem, target);
    try {
      await removeDrafts(fileSystem, target.path);
      const file = await AtomicFile.create(fileSystem, target.path);
      try {
        await write((bytes) => file.write(bytes));
        await file.commit();
      } catch (error) {
        await file.discard();
        throw error;
      }
    } finally {
      await folder.release();
    }
  });
}

/**
 * Writes a small file at once.
 * @param input identity of a file that must not be replaced
 */
export async function writeSmallFile(
  path: string,
  content: string,
  input: string,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<void> {
  const target = await resolveOutput(fileSystem, path, input);
  await guarded(target, () => replaceFile(fileSystem, target.path, Buffer.from(content, 'utf8')));
}

async function guarded(target: OutputTarget, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof RunScoringError) throw error;
    throw systemFailure(error, 'OUTPUT_FAILED', 'The output cannot be written', target.given);
  }
}
