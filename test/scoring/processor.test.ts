import { describe, expect, it } from 'vitest';
import type { CsvRunOptions } from '../../src/scoring/multi-model-batch-processor.js';
import { MultiModelBatchProcessor } from '../../src/scoring/multi-model-batch-processor.js';
import type { RowRecord } from '../../src/scoring/record.js';
import { failureOf, readCells, toCsv } from '../table/csv-text.js';
import { MemoryFileSystem } from '../table/memory-file-system.js';
import { type Script, scriptedModels, scriptedRecord, testConfig } from './scripted-model.js';

const INPUT = '/folder/in.csv';
const OUTPUT = '/folder/out.csv';

interface Setup {
  names?: string[];
  scripts?: Record<string, Script>;
  fileSystem?: MemoryFileSystem;
  config?: Record<string, unknown>;
}

function setUp(input: string | Buffer, setup: Setup = {}) {
  const fileSystem = setup.fileSystem ?? new MemoryFileSystem();
  if (!fileSystem.files.has(INPUT)) fileSystem.put(INPUT, input);
  const models = scriptedModels(setup.scripts);
  const processor = new MultiModelBatchProcessor(testConfig(setup.names ?? ['a', 'b'], setup.config), {
    loadModel: models.loadModel,
    fileSystem,
  });
  const run = (options: Partial<CsvRunOptions> = {}) =>
    processor.processCsv({ inputPath: INPUT, outputPath: OUTPUT, ...options });
  const output = () => fileSystem.text(OUTPUT);
  return { fileSystem, processor, run, output, events: models.events };
}

const ROWS = [
  ['id', 'about_me', 'note'],
  ['1', 'Forklift driver, "LF" licence', '=1+1'],
  ['2', ' \t ', 'x'],
  ['3', 'line one\r\nline two', ''],
  ['4', '', 'y'],
  ['5', '😀 <|eot_id|>', ' z '],
];

describe('a CSV run', () => {
  it('loads, scores and disposes one model after the other, and adds its columns behind the input', async () => {
    const { run, output, events } = setUp(toCsv(ROWS));
    const summary = await run();
    expect(events).toEqual([
      'load a',
      'a 0',
      'a 2',
      'a 4',
      'dispose a',
      'load b',
      'b 0',
      'b 2',
      'b 4',
      'dispose b',
    ]);
    const rows = await readCells(output()!);
    const columns = (name: string) => [
      `about_me_processed_${name}`,
      ...['flag', 'reasoning', 'tags', 'recommendation', 'confidence', 'status'].map(
        (field) => `ai_${name}_${field}`,
      ),
    ];
    expect(rows[0]).toEqual([...ROWS[0]!, ...columns('a'), ...columns('b')]);
    const cells = (name: string, index: number) => {
      const { raw, values, confidence, status } = scriptedRecord(name, {
        row: index,
        text: ROWS[index + 1]![1]!,
      });
      const tags = (values!['tags'] as string[]).join(', ');
      return [
        raw,
        values!['flag'],
        `'${values!['reasoning']}`,
        tags,
        values!['recommendation'],
        String(confidence),
        status,
      ];
    };
    const empty = ['', '', '', '', '', '', 'empty_input'];
    for (const index of [0, 1, 2, 3, 4]) {
      const added = [1, 3].includes(index)
        ? [...empty, ...empty]
        : [...cells('a', index), ...cells('b', index)];
      expect(rows[index + 1]).toEqual([...ROWS[index + 1]!, ...added]);
    }
    expect(summary).toMatchObject({
      rows: 5,
      exitCode: 0,
      outputWritten: true,
      badRows: 0,
      riskyCells: { input: 1, output: 6 },
    });
    expect(
      summary.models.map((model) => [
        model.finished,
        model.statuses.ok,
        model.statuses.empty_input,
        model.scoredNow,
      ]),
    ).toEqual([
      [true, 3, 2, 3],
      [true, 3, 2, 3],
    ]);
    const { good, bad } = summary.models[0]!.labels['flag']!;
    expect(good! + bad!).toBe(3);
    expect(JSON.stringify(summary)).not.toContain('Forklift');
  });

  it('keeps delimiter, line break and byte order mark of the input', async () => {
    const { run, output } = setUp(`\uFEFF${toCsv(ROWS, { delimiter: ';', lineBreak: '\r\n' })}`);
    await run();
    const text = output()!;
    expect(text.startsWith('\uFEFFid;about_me;note;about_me_processed_a;')).toBe(true);
    expect(text.split('\r\n').length).toBe(text.split(/(?<!line one)\r\n/).length + 1);
    expect((await readCells(text)).slice(1).map((row) => row.slice(0, 3))).toEqual(ROWS.slice(1));
  });

  it('writes only the raw answers without parsing', async () => {
    const { run, output } = setUp(toCsv(ROWS));
    await run({ parseOutputs: false });
    expect((await readCells(output()!))[0]).toEqual([
      ...ROWS[0]!,
      'about_me_processed_a',
      'about_me_processed_b',
    ]);
  });

  it('guards outputs against spreadsheets as it is told, and always counts', async () => {
    const risky = toCsv([
      ['id', 'about_me'],
      ['-3', '@SUM(A1)'],
      ['+x', 'plain'],
    ]);
    const first = async (formulaGuard: 'none' | 'outputs' | 'all') => {
      const { run, output } = setUp(risky, { names: ['a'] });
      const { riskyCells } = await run({ formulaGuard });
      const row = (await readCells(output()!))[1]!;
      return [row[0], row[1], row[4]![0], riskyCells];
    };
    const riskyCells = { input: 2, output: 2 };
    expect(await first('none')).toEqual(['-3', '@SUM(A1)', '=', riskyCells]);
    expect(await first('outputs')).toEqual(['-3', '@SUM(A1)', "'", riskyCells]);
    expect(await first('all')).toEqual(['-3', "'@SUM(A1)", "'", riskyCells]);
  });

  it('guards what models of an earlier run wrote, and nothing else of the input', async () => {
    const said = (name: string) => [`about_me_processed_${name}`, `ai_${name}_flag`, `ai_${name}_reasoning`];
    const scored = toCsv([
      ['about_me', 'ai_other_note', ...said('old'), 'ensemble_votes'],
      ['=own', '=own', '@raw', 'good', '=HYPERLINK("x")', '-votes'],
    ]);
    const { run, output } = setUp(scored, { names: ['a'] });
    const { riskyCells } = await run({ formulaGuard: 'outputs' });
    const cells = (await readCells(output()!))[1]!;
    expect(cells.slice(0, 6)).toEqual(['=own', '=own', "'@raw", 'good', `'=HYPERLINK("x")`, "'-votes"]);
    expect(riskyCells).toEqual({ input: 2, output: 4 });
    const unscored = setUp(scored.replaceAll('about_me_processed_', 'my_'), { names: ['a'] });
    expect((await unscored.run({ formulaGuard: 'outputs' })).riskyCells).toEqual({ input: 5, output: 1 });
  });

  it('stops at the limit and does not mind what comes after', async () => {
    const { run, output } = setUp(`${toCsv(ROWS)}"broken\n`);
    expect(await run({ limit: 3 })).toMatchObject({ rows: 3, exitCode: 0 });
    expect((await readCells(output()!)).length).toBe(4);
    const none = setUp(toCsv(ROWS));
    expect(await none.run({ limit: 0 })).toMatchObject({ rows: 0, exitCode: 0 });
    expect((await failureOf(none.run({ limit: -1 }))).code).toBe('USAGE_LIMIT');
  });

  it('answers a header with a header, and loads no model for it', async () => {
    const { run, output, events } = setUp('id,about_me\n');
    expect(await run()).toMatchObject({ rows: 0, exitCode: 0 });
    expect((await readCells(output()!)).length).toBe(1);
    expect(events).toEqual([]);
  });

  it('finds a damaged row before any model is loaded', async () => {
    const { run, output, events, fileSystem } = setUp(`${toCsv(ROWS)}6,x\n`);
    const error = await failureOf(run());
    expect([error.code, error.at.line, error.at.row]).toEqual(['INPUT_ROW_CELLS', 8, 6]);
    expect([events, output(), await fileSystem.list('/folder')]).toEqual([[], undefined, ['in.csv']]);
  });

  it('keeps damaged rows as failed rows and loses none of their text', async () => {
    const { run, output, events } = setUp('id,about_me,n\n1,a\n2,b,c,d;e,f\n3,ok,x\n4,"b"c",x\n', {
      names: ['a'],
    });
    const summary = await run({ onBadRow: 'keep' });
    expect(summary).toMatchObject({ rows: 4, badRows: 3, exitCode: 6 });
    expect(events).toEqual(['load a', 'a 2', 'dispose a']);
    const rows = (await readCells(output()!)).slice(1).map((row) => [...row.slice(0, 3), row.at(-1)]);
    expect(rows).toEqual([
      ['1', 'a', '', 'error_bad_row'],
      ['2', 'b', 'c,d;e,f', 'error_bad_row'],
      ['3', 'ok', 'x', 'ok'],
      ['4', 'b"c', 'x', 'error_bad_row'],
    ]);
  });
});

describe('a model that fails', () => {
  it.each([
    ['cannot be loaded', { failToLoad: true }, 'MODEL_MISSING'],
    ['dies', { dieAtRow: 2 }, 'MODEL_DIED'],
    [
      'throws something else',
      {
        beforeAnswer: () => {
          throw new TypeError('Forklift driver');
        },
      },
      'MODEL_FAILED',
    ],
    ['answers twice', { answer: twice }, 'MODEL_PROTOCOL'],
    ['answers out of order', { answer: reversed }, 'MODEL_PROTOCOL'],
    ['answers garbage', { answer: garbage }, 'MODEL_PROTOCOL'],
    ['stops early', { answer: nothing }, 'MODEL_PROTOCOL'],
    ['answers unasked', { answer: unasked }, 'MODEL_PROTOCOL'],
  ] as [string, Script, string][])(
    'leaves its columns empty when it %s; the others go on',
    async (_, script, code) => {
      const { run, output, events } = setUp(toCsv(ROWS), { scripts: { a: script } });
      const summary = await run();
      expect(summary.exitCode).toBe(6);
      expect(summary.models.map((model) => [model.finished, model.error?.code])).toEqual([
        [false, code],
        [true, undefined],
      ]);
      expect(JSON.stringify(summary)).not.toContain('Forklift');
      expect(events.slice(-2)).toEqual(['b 4', 'dispose b']);
      expect(events.includes('dispose a')).toBe(script.failToLoad !== true);
      for (const row of (await readCells(output()!)).slice(1)) {
        expect(row.slice(3, 10)).toEqual(Array(7).fill(''));
        expect(row.at(-1)).toMatch(/^(ok|empty_input)$/);
      }
    },
  );

  it('leaves the output alone when no model finished', async () => {
    const { run, output, fileSystem } = setUp(toCsv(ROWS), {
      scripts: { a: { failToLoad: true }, b: { dieAtRow: 4 } },
    });
    fileSystem.put(OUTPUT, 'of yesterday');
    expect(await run()).toMatchObject({ exitCode: 5, outputWritten: false });
    expect(output()).toBe('of yesterday');
    // What b scored is kept for --resume; where nothing was scored, nothing is left.
    expect((await fileSystem.list('/folder')).includes('.out.csv.run-scoring')).toBe(true);
    const none = setUp(toCsv(ROWS), {
      scripts: { a: { failToLoad: true }, b: { dieAtRow: 0, readAhead: 0 } },
    });
    expect(await none.run()).toMatchObject({ exitCode: 5 });
    expect(await none.fileSystem.list('/folder')).toEqual(['in.csv']);
  });

  it('reports failed rows with exit code 6 and keeps their raw text', async () => {
    const { run, output } = setUp(toCsv(ROWS), {
      names: ['a'],
      scripts: { a: { statusOf: (row) => (row === 2 ? 'invalid_output' : 'ok') } },
    });
    const summary = await run();
    expect([summary.exitCode, summary.models[0]!.statuses.invalid_output]).toEqual([6, 1]);
    const row = (await readCells(output()!))[3]!;
    expect(row[3]).toMatch(/^broken \d+$/);
    expect(row.slice(4)).toEqual(['', '', '', '', '', 'invalid_output']);
  });
});

describe('what is refused', () => {
  it('names an output that is the input, a folder, in a missing folder, or there already', async () => {
    const { run, fileSystem, events } = setUp(toCsv(ROWS));
    expect((await failureOf(run({ outputPath: INPUT }))).code).toBe('OUTPUT_IS_INPUT');
    expect((await failureOf(run({ outputPath: '/folder' }))).code).toBe('OUTPUT_NOT_A_FILE');
    expect((await failureOf(run({ outputPath: '/none/out.csv' }))).code).toBe('OUTPUT_FOLDER_MISSING');
    fileSystem.put(OUTPUT, 'of yesterday');
    expect((await failureOf(run({ clobber: false }))).code).toBe('OUTPUT_EXISTS');
    expect([events, await fileSystem.list('/folder'), fileSystem.text(OUTPUT)]).toEqual([
      [],
      ['in.csv', 'out.csv'],
      'of yesterday',
    ]);
  });

  it('names a column of the input that the run would add', async () => {
    const { run } = setUp('about_me,ai_b_flag\nx,bad\n');
    const error = await failureOf(run());
    expect([error.code, error.at.field]).toEqual(['OUTPUT_COLUMN_EXISTS', 'ai_b_flag']);
  });
});

describe('rows in memory', () => {
  it('come back in order with the same columns, and the given ones stay as they were', async () => {
    const { processor } = setUp('');
    const rows = [
      { about_me: 'x', n: 1 },
      { about_me: null },
      { about_me: 7 },
      JSON.parse('{"__proto__":1,"about_me":"y"}'),
    ];
    const before = structuredClone(rows);
    const scored = await processor.processRows(rows);
    expect(rows).toEqual(before);
    expect(scored.map((row) => row['ai_a_status'])).toEqual(['ok', 'empty_input', 'ok', 'ok']);
    expect(scored[0]!['about_me_processed_b']).toBe(scriptedRecord('b', { row: 0, text: 'x' }).raw);
    expect(scored[2]!['ai_a_confidence']).toBe(scriptedRecord('a', { row: 2, text: '7' }).confidence);
    expect(Object.hasOwn(scored[3]!, '__proto__')).toBe(true);
    expect(Object.keys(scored[1]!)).toEqual(['about_me', ...Object.keys(scored[0]!).slice(2)]);
    expect(await processor.processRows([])).toEqual([]);
    expect((await processor.processRows([{ about_me: ' ' }]))[0]!['ai_b_status']).toBe('empty_input');
    await processor.processRows(rows.slice(0, 1));
    expect(
      Object.keys((await processor.processRows([{ t: 'x' }], { inputColumn: 't', parseOutputs: false }))[0]!),
    ).toEqual(['t', 'about_me_processed_a', 'about_me_processed_b']);
    expect(processor.getModelSummary()).toBe(
      'Models: 2 of 2 enabled\n  a (owner/a): 1 scored, 0 empty, 0 failed\n  b (owner/b): 1 scored, 0 empty, 0 failed',
    );
  });

  it('are refused without the column, and tell why no model finished', async () => {
    const { processor } = setUp('', { scripts: { a: { failToLoad: true }, b: { failToLoad: true } } });
    expect((await failureOf(processor.processRows([{ about: 'x' }]))).code).toBe('INPUT_COLUMN_MISSING');
    expect((await failureOf(processor.processRows([{ about_me: 'x' }]))).code).toBe('MODEL_NONE_FINISHED');
  });
});

async function* each(rows: AsyncIterable<{ row: number; text: string }>): AsyncGenerator<RowRecord> {
  for await (const row of rows) yield scriptedRecord('a', row);
}
async function* twice(rows: AsyncIterable<{ row: number; text: string }>) {
  for await (const record of each(rows)) {
    yield record;
    yield record;
  }
}
async function* reversed(rows: AsyncIterable<{ row: number; text: string }>) {
  const records = [];
  for await (const record of each(rows)) records.push(record);
  yield* records.reverse();
}
async function* garbage(rows: AsyncIterable<{ row: number; text: string }>) {
  for await (const record of each(rows)) yield { ...record, raw: 7 } as unknown as RowRecord;
}
async function* nothing(rows: AsyncIterable<{ row: number; text: string }>): AsyncGenerator<RowRecord> {
  for await (const record of each(rows)) {
    if (record.row < 0) yield record;
    return;
  }
}
async function* unasked(): AsyncGenerator<RowRecord> {
  yield scriptedRecord('a', { row: 0, text: 'x' });
}
