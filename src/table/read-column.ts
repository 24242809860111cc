import { type FileSystem, nodeFileSystem } from './file-system.js';
import { type CsvReadOptions, openCsv } from './read-csv.js';
import { spoolInput } from './spool-input.js';

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
  const { fileSystem = nodeFileSystem, stdin = process.stdin, limit, ...reading } = options;
  const spooled = path === '-' ? await spoolInput(fileSystem, stdin) : undefined;
  try {
    const table = await openCsv(fileSystem, spooled?.path ?? path, {
      ...reading,
      ...(spooled === undefined ? {} : { name: 'stdin' }),
    });
    try {
      await spooled?.remove();
      for await (const { row, cells, fault } of table.rows({ limit })) {
        if (fault === null) yield { row, text: cells[table.column]! };
      }
    } finally {
      await table.close();
    }
  } finally {
    await spooled?.remove();
  }
}
