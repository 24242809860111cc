import { fileURLToPath } from 'node:url';
import type { FileSystem } from '../../src/table/file-system.js';
import { nodeFileSystem } from '../../src/table/file-system.js';
import type { FormulaGuard } from '../../src/table/formula-guard.js';
import { openTable } from '../../src/table/open-table.js';
import type { CsvReadOptions } from '../../src/table/read-csv.js';
import type { Table, TableRow } from '../../src/table/table.js';
import { createTableWriter } from '../../src/table/table-writer.js';
import { MemoryFileSystem } from './memory-file-system.js';

/** Files that Python made, and what it reads in them. */
export function fixturePath(name: string, folder: 'read' | 'written' = 'read'): string {
  return fileURLToPath(new URL(`../fixtures/tables/${folder}/${name}`, import.meta.url));
}

export async function readTable(
  path: string,
  options: CsvReadOptions = {},
  fileSystem: FileSystem = nodeFileSystem,
): Promise<{ table: Table; rows: TableRow[] }> {
  const table = await openTable(fileSystem, path, options);
  try {
    const rows: TableRow[] = [];
    for await (const row of table.rows()) rows.push(row);
    return { table, rows };
  } finally {
    await table.close();
  }
}

/** Reads a file that stands in memory alone. */
export function readBytes(bytes: Buffer | string, name: string, options: CsvReadOptions = {}) {
  const fileSystem = new MemoryFileSystem();
  fileSystem.put(`/folder/${name.replace(/#.*$/, '')}`, bytes);
  return readTable(`/folder/${name}`, options, fileSystem);
}

export const ADDED = ['ai_m_flag', 'ai_m_confidence', 'ai_m_reasoning'];

/** What is added to the row. */
export function addedCells(row: number): string[] {
  return ['bad', row % 2 === 0 ? '0.5' : '', `=because "${row}" <&> \u0007`];
}

/** A table as a run writes it: its own columns, then new ones. */
export async function writeCopy(from: string, to: string, guard: FormulaGuard = 'outputs'): Promise<Buffer> {
  const table = await openTable(nodeFileSystem, from);
  try {
    return await writeWith(table, to, guard);
  } finally {
    await table.close();
  }
}

export async function writeWith(table: Table, to: string, guard: FormulaGuard = 'outputs'): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const writer = await createTableWriter(to, table, {
    guard,
    firstOutput: table.header.length,
    numbers: new Set(['ai_m_confidence']),
    write: async (bytes) => void chunks.push(Buffer.from(bytes)),
  });
  await writer.writeHeader([...table.header, ...ADDED]);
  for await (const row of table.rows()) {
    await writer.writeRow({ cells: [...row.cells, ...addedCells(row.row)], from: row });
  }
  await writer.end();
  return Buffer.concat(chunks);
}
