import fc from 'fast-check';
import { parquetMetadata } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { textOfValue } from '../../../src/table/cell-value.js';
import { openTable } from '../../../src/table/open-table.js';
import { MemoryFileSystem } from '../memory-file-system.js';
import { readBytes, writeWith } from '../table-files.js';

/** JSON Lines as Parquet, with the columns that are added. */
async function throughParquet(objects: readonly object[]) {
  const fileSystem = new MemoryFileSystem();
  fileSystem.put('/folder/in.jsonl', objects.map((object) => `${JSON.stringify(object)}\n`).join(''));
  const table = await openTable(fileSystem, '/folder/in.jsonl');
  const bytes = await writeWith(table, 'out.parquet');
  return { bytes, ...(await readBytes(bytes, 'out.parquet')) };
}

const typeOf = (bytes: Buffer, name: string) =>
  parquetMetadata(new Uint8Array(bytes)).schema.find((element) => element.name === name)!;

describe('Parquet from a table without a schema', () => {
  it('has the type that all values of a column have, and gives back the values', async () => {
    const column = <T>(values: fc.Arbitrary<T>) => fc.option(values, { freq: 4 });
    const text = fc.string({ unit: 'grapheme' });
    const rows = fc.array(
      fc.record({
        integer: column(fc.maxSafeInteger()),
        number: column(
          fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0.5 : value)),
        ),
        boolean: column(fc.boolean()),
        text: column(text),
        mixed: column(fc.oneof(text, fc.integer(), fc.boolean())),
        nested: column(fc.oneof(fc.array(fc.integer()), fc.record({ a: text }))),
      }),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(rows, async (objects) => {
        const { bytes, table, rows: read } = await throughParquet(objects);
        for (const [at, row] of read.entries()) {
          const object = objects[at]!;
          const value = (name: keyof typeof object) => row.values![table.header.indexOf(name)];
          expect(value('integer')).toBe(
            object.integer === null
              ? null
              : typeof value('integer') === 'bigint'
                ? BigInt(object.integer)
                : object.integer,
          );
          expect(value('number')).toBe(
            object.number === null
              ? null
              : typeof value('number') === 'bigint'
                ? BigInt(object.number)
                : object.number,
          );
          expect(value('boolean')).toBe(object.boolean);
          expect(value('text')).toBe(object.text);
          expect(textOfValue(value('mixed')!)).toBe(object.mixed === null ? '' : String(object.mixed));
          expect(value('nested')).toBe(object.nested === null ? null : JSON.stringify(object.nested));
          expect(value('ai_m_flag' as never)).toBe('bad');
          expect(value('ai_m_confidence' as never)).toBe(at % 2 === 0 ? 0.5 : null);
        }
        if (objects.some((object) => object.integer !== null))
          expect(typeOf(bytes, 'integer').type).toBe('INT64');
        if (objects.some((object) => object.boolean !== null))
          expect(typeOf(bytes, 'boolean').type).toBe('BOOLEAN');
        expect(typeOf(bytes, 'ai_m_confidence').type).toBe('DOUBLE');
      }),
      { numRuns: 80 },
    );
  });

  it('is written in row groups, so that memory does not grow with it', async () => {
    const { bytes, rows } = await throughParquet(Array.from({ length: 60_000 }, (_, id) => ({ id })));
    const { row_groups: groups } = parquetMetadata(new Uint8Array(bytes));
    expect(groups.map((group) => Number(group.num_rows))).toEqual([50_000, 10_000]);
    expect(rows.every((row, at) => row.values![0] === BigInt(at))).toBe(true);
  });
});
