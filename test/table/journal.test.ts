import { describe, expect, it } from 'vitest';
import { checksum } from '../../src/table/checksum.js';
import { JournalWriter, readJournal, readJournalLines } from '../../src/table/journal.js';
import { MemoryFileSystem, systemError } from './memory-file-system.js';

const PATH = '/folder/j.jsonl';

async function rowsOf(fileSystem: MemoryFileSystem): Promise<number[]> {
  const rows: number[] = [];
  for await (const { row } of readJournal(fileSystem, PATH)) rows.push(row);
  return rows;
}

async function written(rows: readonly object[]): Promise<MemoryFileSystem> {
  const fileSystem = new MemoryFileSystem();
  const writer = await JournalWriter.create(fileSystem, PATH, { key: 'k' });
  for (const row of rows) await writer.append(row as { row: number });
  await writer.close();
  return fileSystem;
}

describe('the journal file', () => {
  it('is JSON lines with the CRC-32 that zip has', async () => {
    expect(checksum(Buffer.from('123456789'))).toBe('cbf43926');
    const fileSystem = await written([{ row: 0, text: 'ä"\n' }]);
    const lines = fileSystem
      .text(PATH)!
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(([, value]) => value)).toEqual([{ key: 'k' }, { row: 0, text: 'ä"\n' }]);
    expect(lines[1]![0]).toBe(checksum(Buffer.from('{"row":0,"text":"ä\\"\\n"}')));
  });

  it('ends before a row that does not go up', async () => {
    expect(await rowsOf(await written([{ row: 0 }, { row: 3 }, { row: 4 }]))).toEqual([0, 3, 4]);
    expect(await rowsOf(await written([{ row: 0 }, { row: 3 }, { row: 3 }, { row: 4 }]))).toEqual([0, 3]);
    expect(await rowsOf(await written([{ row: 2 }, { row: 1 }]))).toEqual([2]);
  });

  it('is read across chunks', async () => {
    const rows = Array.from({ length: 3000 }, (_, row) => ({ row, text: 'x'.repeat(row % 700) }));
    const fileSystem = await written(rows);
    const got: unknown[] = [];
    for await (const record of readJournal(fileSystem, PATH)) got.push(record);
    expect(got).toEqual(rows);
  });

  it('is on the disk two seconds after the last record, without another call', async () => {
    const fileSystem = new MemoryFileSystem();
    const writer = await JournalWriter.create(fileSystem, PATH, {});
    await writer.append({ row: 0 });
    expect(await rowsOf(fileSystem)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 2_300));
    expect(await rowsOf(fileSystem)).toEqual([0]);
    await writer.close();
  });

  it('takes nothing more after a failed sync, also one that a timer made', async () => {
    const fileSystem = new MemoryFileSystem();
    const open = fileSystem.open.bind(fileSystem);
    let broken = false;
    fileSystem.open = async (path, mode) => {
      const file = await open(path, mode);
      const sync = async () => {
        if (broken) throw systemError('EIO');
      };
      return { ...file, sync };
    };
    const writer = await JournalWriter.create(fileSystem, PATH, {});
    await writer.append({ row: 0 });
    broken = true;
    await new Promise((resolve) => setTimeout(resolve, 2_300));
    broken = false;
    await expect(writer.append({ row: 1 })).rejects.toThrow('EIO');
    await expect(writer.close()).rejects.toThrow('EIO');
  });

  it('goes on behind its valid part', async () => {
    const fileSystem = await written([{ row: 0 }, { row: 1 }]);
    let end = 0;
    for await (const lines of readJournalLines(fileSystem, PATH)) end = lines.at(-1)!.end;
    fileSystem.put(PATH, Buffer.concat([fileSystem.get(PATH)!, Buffer.from('["0000')]));
    const writer = await JournalWriter.resume(fileSystem, PATH, end);
    await writer.append({ row: 2 });
    await writer.close();
    expect(await rowsOf(fileSystem)).toEqual([0, 1, 2]);
  });
});
