import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { RunScoringError } from '../../../src/foundation/errors.js';
import type { OpenFile } from '../../../src/table/file-system.js';
import { openTable } from '../../../src/table/open-table.js';
import { failureOf } from '../csv-text.js';
import { MemoryFileSystem } from '../memory-file-system.js';
import { fixturePath, readBytes, readTable } from '../table-files.js';

const fixture = (name: string) => readFileSync(fixturePath(name));

function parquetOf(schema: SchemaElement[], columns: Record<string, unknown[]>, rowGroupSize = 1000): Buffer {
  const writer = new ByteWriter();
  const columnData = Object.entries(columns).map(([name, data]) => ({ name, data }));
  void parquetWrite({ writer, columnData, schema, rowGroupSize });
  return Buffer.from(writer.getBuffer());
}

const root = (num_children: number): SchemaElement => ({ name: 'root', num_children });
const text = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type: 'OPTIONAL',
});

describe('reading Parquet', () => {
  it('reads no more than a row group at a time, and no further than the limit', async () => {
    const rows = 1000;
    const texts = Array.from({ length: rows }, (_, i) => `${i} ${'x'.repeat(500)}`);
    const bytes = parquetOf([root(1), text('about_me')], { about_me: texts }, 100);
    const memory = new MemoryFileSystem();
    memory.put('/folder/in.parquet', bytes);
    let furthest = 0;
    const counting = Object.assign(Object.create(memory) as MemoryFileSystem, {
      open: async (path: string, mode: 'read') => {
        const file = await memory.open(path, mode);
        const read: OpenFile['read'] = (target, position) => {
          // The footer is read first.
          if (position < bytes.length * 0.9) furthest = Math.max(furthest, position + target.length);
          return file.read(target, position);
        };
        return { ...file, read };
      },
    });
    const table = await openTable(counting, '/folder/in.parquet');
    furthest = 0;
    const seen: string[] = [];
    for await (const row of table.rows({ limit: 250 })) {
      expect(furthest).toBeLessThan(((Math.floor(row.row / 100) + 1) * bytes.length) / 10 + 1000);
      seen.push(row.cells[0]!);
    }
    expect(seen).toEqual(texts.slice(0, 250));
    expect(furthest).toBeLessThan(0.31 * bytes.length);
    await table.close();
  });

  it('finds its column, and refuses options that mean nothing', async () => {
    const people = fixture('people-snappy.parquet');
    const { table } = await readBytes(people, 'in.parquet', { column: 'about_me' });
    expect([table.column, table.format]).toEqual([1, 'parquet']);
    const missing = await failureOf(readBytes(people, 'in.parquet', { column: 'about_mee' }));
    expect(missing).toMatchObject({
      code: 'INPUT_COLUMN_MISSING',
      hint: expect.stringContaining('"about_me"'),
    });
    expect((await failureOf(readBytes(people, 'in.parquet', { encoding: 'utf-8' }))).code).toBe(
      'USAGE_ENCODING',
    );
    expect((await failureOf(readBytes(people, 'in.parquet', { delimiter: 'tab' }))).code).toBe(
      'USAGE_DELIMITER',
    );
    expect((await failureOf(readBytes(people, 'in.csv'))).code).toBe('INPUT_FORMAT');
    expect((await failureOf(readBytes('', 'in.parquet'))).code).toBe('INPUT_EMPTY');
    expect((await failureOf(readBytes('id,about_me\n', 'in.parquet'))).code).toBe('INPUT_DAMAGED');
    expect((await failureOf(readTable('/none/in.parquet'))).code).toBe('INPUT_NOT_FOUND');
  });

  it('refuses by name columns of two names, of old list forms, and texts that are no UTF-8', async () => {
    const twice = parquetOf([root(2), text('a'), text('a')], { a: [] });
    expect(await failureOf(readBytes(twice, 'in.parquet'))).toMatchObject({
      code: 'INPUT_COLUMN_AMBIGUOUS',
      at: { field: 'a' },
    });
    const list: SchemaElement[] = [
      root(1),
      { name: 'old', num_children: 1, converted_type: 'LIST', repetition_type: 'OPTIONAL' },
      { name: 'array', type: 'INT32', repetition_type: 'REPEATED' },
    ];
    const old = parquetOf(list, { old: [] });
    expect(await failureOf(readBytes(old, 'in.parquet'))).toMatchObject({
      code: 'INPUT_COLUMN_TYPE',
      at: { field: 'old' },
    });
    const broken = parquetOf([root(1), text('t')], { t: ['fine', Buffer.from([0x61, 0xff])] });
    const error = await failureOf(readBytes(broken, 'in.parquet'));
    expect(error).toMatchObject({ code: 'INPUT_ENCODING', at: { row: 2, field: 't' } });
  });

  it('takes unmarked bytes for text where all of the column are such, in whatever row group', async () => {
    const unmarked = (name: string): SchemaElement => ({
      name,
      type: 'BYTE_ARRAY',
      repetition_type: 'OPTIONAL',
    });
    const columns = {
      texts: [Buffer.from('ünmarked'), null, Buffer.from('abc')],
      bytes: [Buffer.from('abc'), null, Buffer.from([0xff, 0x00])],
    };
    const bytes = parquetOf([root(2), unmarked('texts'), unmarked('bytes')], columns, 1);
    const memory = new MemoryFileSystem();
    memory.put('/folder/in.parquet', bytes);
    const table = await openTable(memory, '/folder/in.parquet');
    for (const limit of [1, 3]) {
      const cells: (readonly string[])[] = [];
      for await (const row of table.rows({ limit })) cells.push(row.cells);
      const wanted = [
        ['ünmarked', 'YWJj'],
        ['', ''],
        ['abc', '/wA='],
      ];
      expect(cells).toEqual(wanted.slice(0, limit));
    }
    await table.close();
  });

  it('gives named errors, never their text, wherever bytes are cut or changed; in time', async () => {
    const names = [
      'people-snappy',
      'people-zstd',
      'people-gzip',
      'people-lz4',
      'people-brotli',
      'people-encodings',
      'people-pages',
      'nested',
      'types',
    ];
    const files = names.map((name) => fixture(`${name}.parquet`));
    let refused = 0;
    let slowest = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(files.length - 1),
        fc.nat(),
        fc.option(fc.integer({ min: 1, max: 255 }), { freq: 8 }),
        fc.boolean(),
        async (which, position, flip, inFooter) => {
          const file = Buffer.from(files[which]!);
          const footer = file.readUInt32LE(file.length - 8) + 8;
          const at = inFooter ? file.length - 1 - (position % footer) : position % file.length;
          if (flip !== null) file[at]! ^= flip;
          const started = performance.now();
          try {
            await readBytes(flip === null ? file.subarray(0, at) : file, 'in.parquet');
          } catch (error) {
            if (!(error instanceof RunScoringError)) throw error;
            refused += 1;
            expect(error.code).toMatch(
              /^INPUT_(?:DAMAGED|TOO_LARGE|EMPTY|ENCODING|COLUMN_TYPE|COLUMN_AMBIGUOUS)$/,
            );
            expect(error.cause).toBeUndefined();
            expect(error.toLine()).not.toMatch(/text \d/);
          }
          slowest = Math.max(slowest, performance.now() - started);
        },
      ),
      { numRuns: 600 },
    );
    expect(refused).toBeGreaterThan(100);
    expect(slowest).toBeLessThan(5000);
  });

  it('does not unpack what claims too much', async () => {
    // Rows, values and pages of a size that no writer makes.
    const bytes = parquetOf([root(1), { name: 'n', type: 'INT32', repetition_type: 'OPTIONAL' }], {
      n: new Array(1000).fill(null),
    });
    const before = process.memoryUsage().rss;
    for (const huge of [2 ** 31 - 1, 2 ** 24]) {
      const lying = claimRows(bytes, 1000, huge);
      expect(lying.equals(bytes)).toBe(false);
      const error = await failureOf(readBytes(lying, 'in.parquet'));
      expect(error.code).toMatch(/^INPUT_(?:DAMAGED|TOO_LARGE)$/);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1024 * 1024);
  });
});

/** Puts another number wherever a variable-length zigzag number of the file says `from`; the footer's length is mended. */
function claimRows(file: Buffer, from: number, to: number): Buffer {
  const zigzag = (value: number) => {
    const bytes: number[] = [];
    for (let rest = BigInt(value) * 2n; ; rest >>= 7n) {
      bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
      if (rest <= 127n) return Buffer.from(bytes);
    }
  };
  const length = file.readUInt32LE(file.length - 8);
  const body = file.subarray(0, file.length - 8 - length);
  const footer = file.subarray(file.length - 8 - length, file.length - 8);
  const replaced = Buffer.from(
    footer.toString('latin1').replaceAll(zigzag(from).toString('latin1'), zigzag(to).toString('latin1')),
    'latin1',
  );
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(replaced.length);
  return Buffer.concat([body, replaced, tail, Buffer.from('PAR1')]);
}
