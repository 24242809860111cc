import { type FileSystem, nodeFileSystem } from './file-system.js';
import { openTable } from './open-table.js';
import type { CsvReadOptions } from './read-csv.js';
import { resolveInput } from './resolve-input.js';

export interface ReadColumnOptions extends Omit<CsvReadOptions, 'column'> {
  readonly column: string;
  readonly limit?: number | undefined;
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly fileSystem?: FileSystem;
}

/** The cells of one column with their 0-based data rows; `-` reads stdin. Rows that are damaged are left out. */
export async function* readColumn(
  path: string,
  options: ReadColumnOptions,
): AsyncGenerator<{ row: number; text: string }, void, undefined> {
  const { fileSystem = nodeFileSystem, stdin, limit, ...reading } = options;
  const input = await resolveInput(fileSystem, path, stdin);
  try {
    const table = await openTable(fileSystem, input.path, { ...reading, name: input.name });
    try {
      await input.removeCopy();
      for await (const { row, cells, fault } of table.rows({ limit })) {
        if (fault === null) yield { row, text: cells[table.column]! };
      }
    } finally {
      await table.close();
    }
  } finally {
    await input.removeCopy();
  }
}
