import * as arrow from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { MultiModelBatchProcessor } from '../../src/scoring/multi-model-batch-processor.js';
import { failureOf } from '../table/csv-text.js';
import { scriptedModels, testConfig } from './scripted-model.js';

const TEXTS = ['plain', null, 'ünï 😀', '', 'last'];

function processor(names = ['a', 'b']) {
  const { loadModel } = scriptedModels();
  return new MultiModelBatchProcessor(testConfig(names), { loadModel });
}

const wanted = () => processor().processRows(TEXTS.map((about_me) => ({ about_me })));

/** nodejs-polars has its binary for some systems only. */
const polars = await import('nodejs-polars').then(
  (module) => module.default,
  (error: unknown) => {
    process.stderr.write(`nodejs-polars cannot be loaded here, its tests are skipped: ${String(error)}\n`);
    return undefined;
  },
);

describe('processDataFrame on an Arrow table', () => {
  const table = () =>
    new arrow.Table({
      about_me: arrow.vectorFromArray(TEXTS, new arrow.Utf8()),
      id: arrow.vectorFromArray([1n, 2n, null, 4n, 2n ** 60n], new arrow.Int64()),
      tags: arrow.vectorFromArray(
        [['x'], [], null, ['y', 'z'], ['w']],
        new arrow.List(arrow.Field.new('item', new arrow.Utf8())),
      ),
    });

  it('gives back an Arrow table: its own columns as they were, then what processRows adds', async () => {
    const given = table();
    const scored = await processor().processDataFrame(given);
    expect(scored).toBeInstanceOf(arrow.Table);
    expect(scored.schema.fields.slice(0, 3).map(String)).toEqual(given.schema.fields.map(String));
    for (const name of ['about_me', 'id', 'tags'] as const) {
      expect([...scored.getChild(name)!].map(plain)).toEqual([...given.getChild(name)!].map(plain));
    }
    const rows = await wanted();
    const added = Object.keys(rows[0]!).filter((key) => key !== 'about_me');
    expect(scored.schema.fields.map((field) => field.name)).toEqual(['about_me', 'id', 'tags', ...added]);
    for (const name of added) {
      expect([...(scored.getChild(name as never) as Iterable<unknown>)]).toEqual(
        rows.map((row) => row[name]),
      );
    }
    expect(given.schema.fields).toHaveLength(3);
  });

  it('makes tables that the library writes and reads, whatever types it had before', async () => {
    const rows = await wanted();
    const dictionary = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32());
    for (const type of [new arrow.Utf8(), new arrow.LargeUtf8(), dictionary]) {
      const column = arrow.vectorFromArray(TEXTS, type as arrow.Utf8);
      const scored = await processor().processDataFrame(new arrow.Table({ about_me: column }));
      const read = arrow.tableFromIPC(arrow.tableToIPC(scored as arrow.Table));
      const flag = read.getChild('ai_a_flag')!;
      const confidence = read.getChild('ai_a_confidence')!;
      expect([flag.type, confidence.type].map(String)).toEqual(['Utf8', 'Float64']);
      expect([...flag]).toEqual(rows.map((row) => row['ai_a_flag']));
      expect([...confidence]).toEqual(rows.map((row) => row['ai_a_confidence']));
    }
  });

  it('reads tables of several batches, and of none', async () => {
    const parts = new arrow.Table({ about_me: arrow.vectorFromArray(TEXTS, new arrow.Utf8()) });
    const scored = await processor(['a']).processDataFrame(parts.concat(parts, parts));
    expect(scored.numRows).toBe(15);
    const rows = await wanted();
    const flags = rows.map((row) => row['ai_a_flag']);
    expect([...(scored.getChild('ai_a_flag' as never) as Iterable<unknown>)]).toEqual([
      ...flags,
      ...flags,
      ...flags,
    ]);
    const none = await processor(['a']).processDataFrame(parts.slice(0, 0));
    expect(none.numRows).toBe(0);
    expect(none.schema.names).toContain('ai_a_status');
  });

  it('takes the column and the form that it is asked for', async () => {
    const given = new arrow.Table({ text: arrow.vectorFromArray(['one', 'two'], new arrow.Utf8()) });
    const scored = await processor(['a']).processDataFrame(given, {
      inputColumn: 'text',
      parseOutputs: false,
    });
    expect(scored.schema.names).toEqual(['text', 'about_me_processed_a']);
    expect((await failureOf(processor().processDataFrame(given))).code).toBe('INPUT_COLUMN_MISSING');
    const taken = scored.assign(given) as unknown;
    const again = processor(['a']).processDataFrame(taken, { inputColumn: 'text', parseOutputs: false });
    expect((await failureOf(again)).code).toBe('OUTPUT_COLUMN_EXISTS');
  });
});

describe.skipIf(polars === undefined)('processDataFrame on a DataFrame of nodejs-polars', () => {
  it('gives back a DataFrame: its own columns as they were, then what processRows adds', async () => {
    const pl = polars!;
    const given = pl.DataFrame({ about_me: TEXTS, id: [1, 2, 3, 4, 5], list: [[1], [2], [], [4], [5]] });
    const scored = await processor().processDataFrame(given);
    expect(pl.DataFrame.isDataFrame(scored)).toBe(true);
    expect(scored.select('about_me', 'id', 'list').toRecords()).toEqual(given.toRecords());
    const rows = await wanted();
    const added = Object.keys(rows[0]!).filter((key) => key !== 'about_me');
    expect(scored.columns).toEqual(['about_me', 'id', 'list', ...added]);
    for (const name of added) {
      const values = scored.getColumn(name).toArray();
      expect(values).toEqual(rows.map((row) => row[name]));
    }
    expect(String(scored.getColumn('ai_a_confidence').dtype)).toContain('Float64');
    expect(given.columns).toHaveLength(3);
  });
});

describe('processDataFrame on anything else', () => {
  it('takes rows as processRows does', async () => {
    const rows = TEXTS.map((about_me) => ({ about_me }));
    expect(await processor().processDataFrame(rows)).toEqual(await wanted());
  });

  it('refuses what is no table', async () => {
    for (const given of [null, undefined, 'text', {}, { schema: { fields: [] } }, new Map()]) {
      const error = await failureOf(
        Promise.resolve().then(() => processor().processDataFrame(given as unknown)),
      );
      expect(error.code).toBe('USAGE_DATA_FRAME');
    }
  });
});

function plain(value: unknown): unknown {
  return value instanceof arrow.Vector ? [...value] : value;
}
