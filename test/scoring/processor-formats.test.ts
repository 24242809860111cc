import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { ScoringRow } from '../../src/scoring/model-port.js';
import { MultiModelBatchProcessor } from '../../src/scoring/multi-model-batch-processor.js';
import { failureOf } from '../table/csv-text.js';
import { MemoryFileSystem } from '../table/memory-file-system.js';
import { readTable } from '../table/table-files.js';
import { freshFiles, INPUT, runOn, stopAt } from './processor-runs.js';
import { type Script, scriptedModels, scriptedRecord, testConfig } from './scripted-model.js';

const OBJECTS = [
  '{"id":1,"about_me":"plain","nested":{"deep":[1,null,true]}}',
  '{"id":2.50,"about_me":"a, \\"b\\"\\n=1+1"}',
  '{"about_me":null,"extra":"only here"}',
  '{"id":"4"}',
  '{"id":5,"about_me":"ünï 😀"}',
  '{"id":6,"about_me":"last"}',
];

function jsonFiles(): MemoryFileSystem {
  const fileSystem = new MemoryFileSystem();
  fileSystem.put('/folder/in.jsonl', `${OBJECTS.join('\n')}\n`);
  return fileSystem;
}

const PATHS = { inputPath: '/folder/in.jsonl', outputPath: '/folder/out.jsonl' };

describe('a run over JSON Lines', () => {
  it('keeps every object as it was and adds the keys of the models', async () => {
    const fileSystem = jsonFiles();
    const summary = await runOn(fileSystem, PATHS).result;
    expect(summary).toMatchObject({ rows: 6, exitCode: 0 });
    const lines = fileSystem.text(PATHS.outputPath)!.trimEnd().split('\n');
    for (const [at, line] of lines.entries()) {
      expect(line.startsWith(OBJECTS[at]!.slice(0, -1))).toBe(true);
      const { ai_a_status, ai_a_confidence } = JSON.parse(line) as Record<string, unknown>;
      const empty = at === 2 || at === 3;
      expect(ai_a_status).toBe(empty ? 'empty_input' : 'ok');
      if (empty) expect(ai_a_confidence).toBeNull();
    }
  });

  it('resumed at any row of any model gives the bytes of an undisturbed run', async () => {
    const calm = jsonFiles();
    await runOn(calm, PATHS).result;
    for (const model of ['a', 'b']) {
      for (const row of [0, 1, 4, 5]) {
        const fileSystem = jsonFiles();
        await stopAt(fileSystem, model, row, PATHS);
        expect(fileSystem.text(PATHS.outputPath)).toBeUndefined();
        await runOn(fileSystem, { ...PATHS, resume: true }).result;
        expect(fileSystem.text(PATHS.outputPath)).toBe(calm.text(PATHS.outputPath));
      }
    }
  });

  it('becomes CSV and TSV with the same cells, by the ending of the output', async () => {
    const fileSystem = jsonFiles();
    await runOn(fileSystem, PATHS).result;
    const objects = fileSystem
      .text(PATHS.outputPath)!
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const [ending, delimiter] of [
      ['csv', ','],
      ['tsv', '\t'],
    ] as const) {
      const outputPath = `/folder/out.${ending}`;
      await runOn(fileSystem, { ...PATHS, outputPath, formulaGuard: 'none' }).result;
      const rows: Record<string, string>[] = parse(fileSystem.text(outputPath)!, {
        columns: true,
        delimiter,
      });
      expect(rows).toHaveLength(6);
      for (const [at, row] of rows.entries()) {
        for (const [key, cell] of Object.entries(row)) {
          // A number stands as it does in the file.
          const value = key === 'id' && at === 1 ? '2.50' : (objects[at]![key] ?? '');
          expect(cell).toBe(typeof value === 'string' ? value : JSON.stringify(value));
        }
      }
    }
  });

  it.each(['jsonl', 'xlsx', 'parquet'])(
    'keeps the words of a field whose name ends in _confidence as text (.%s)',
    async (ending) => {
      const fileSystem = jsonFiles();
      const outputPath = `/folder/out.${ending}`;
      const fields = [
        { name: 'flag', type: 'enum', values: ['good', 'bad'] },
        { name: 'self_confidence', type: 'enum', values: ['low', 'high'] },
      ];
      const config = { output: { fields }, prompt: { system: 'Judge.' } };
      const script: Script = {
        async *answer(rows) {
          for await (const row of rows) {
            yield { ...scriptedRecord('a', row), values: { flag: 'good', self_confidence: 'low' } };
          }
        },
      };
      await runOn(fileSystem, { ...PATHS, outputPath }, { names: ['a'], script, config }).result;
      const { table, rows } = await readTable(outputPath, {}, fileSystem);
      expect(rows[0]!.cells[table.header.indexOf('ai_a_self_confidence')]).toBe('low');
      expect(Number(rows[0]!.cells[table.header.indexOf('ai_a_confidence')])).toBeGreaterThan(0);
    },
  );

  it('keeps a damaged line where the text belongs, as a failed row', async () => {
    const fileSystem = jsonFiles();
    fileSystem.put(PATHS.inputPath, `${OBJECTS[0]}\n{"about_me":\n${OBJECTS[5]}`);
    const refused = await failureOf(runOn(fileSystem, PATHS).result);
    expect(refused).toMatchObject({ code: 'INPUT_ROW_JSON', at: { line: 2, row: 2 } });
    const summary = await runOn(fileSystem, { ...PATHS, onBadRow: 'keep' }).result;
    expect(summary).toMatchObject({ rows: 3, badRows: 1 });
    const second = fileSystem.text(PATHS.outputPath)!.split('\n')[1]!;
    expect(JSON.parse(second)).toMatchObject({ about_me: '{"about_me":', ai_a_status: 'error_bad_row' });
  });

  it('leaves the types of columns to the rows that are whole', async () => {
    const fileSystem = jsonFiles();
    fileSystem.put(PATHS.inputPath, '{"about_me":"Hi","n":1}\nnot json\n{"about_me":"Ho","n":2}');
    const outputPath = '/folder/out.parquet';
    await runOn(fileSystem, { ...PATHS, outputPath, onBadRow: 'keep' }).result;
    const { rows } = await readTable(outputPath, {}, fileSystem);
    expect(rows.map((row) => row.values!.slice(0, 2))).toEqual([
      ['Hi', 1n],
      ['not json', null],
      ['Ho', 2n],
    ]);
  });
});

describe('a run over CSV', () => {
  it('reads what is no string as rows in memory do, whatever the time zone', async () => {
    const texts = [{ a: 1 }, ['Cook', 'ten years'], 7, true, 'plain', null];
    const seen: string[] = [];
    const answer = async function* (rows: AsyncIterable<ScoringRow>) {
      for await (const row of rows) {
        seen.push(row.text);
        yield scriptedRecord('a', row);
      }
    };
    const { loadModel } = scriptedModels({ a: { answer } });
    const fileSystem = new MemoryFileSystem();
    const lines = texts.map((about_me) => `${JSON.stringify({ about_me })}\n`);
    fileSystem.put('/in.jsonl', lines.join(''));
    const processor = new MultiModelBatchProcessor(testConfig(['a']), { loadModel, fileSystem });
    await processor.processCsv({ inputPath: '/in.jsonl', outputPath: '/out.jsonl' });
    const fromFile = seen.splice(0);
    await processor.processRows(texts.map((about_me) => ({ about_me })));
    expect(seen.splice(0)).toEqual(fromFile);
    await processor.processRows([
      { about_me: new Date(Date.UTC(2024, 1, 29, 1)) },
      { about_me: [7n, 2n ** 53n + 1n] },
    ]);
    expect(seen).toEqual(['2024-02-29T01:00:00.000', '[7,"9007199254740993"]']);
  });

  it('writes JSON Lines of strings, and TSV, by the ending of the output', async () => {
    const fileSystem = freshFiles();
    await runOn(fileSystem).result;
    const wanted: Record<string, string>[] = parse(fileSystem.text('/folder/out.csv')!, { columns: true });
    await runOn(fileSystem, { outputPath: '/folder/out.jsonl' }).result;
    const lines = fileSystem.text('/folder/out.jsonl')!.trimEnd().split('\n');
    expect(lines).toHaveLength(wanted.length);
    for (const [at, line] of lines.entries()) {
      const object = JSON.parse(line) as Record<string, string | number | null>;
      expect(Object.keys(object)).toEqual(Object.keys(wanted[at]!));
      expect(object['about_me']).toBe(wanted[at]!['about_me']);
      expect(String(object['ai_a_confidence'] ?? '')).toBe(wanted[at]!['ai_a_confidence']);
    }
    await runOn(fileSystem, { outputPath: '/folder/out.tsv' }).result;
    expect(parse(fileSystem.text('/folder/out.tsv')!, { columns: true, delimiter: '\t' })).toEqual(wanted);
  });

  it('refuses an output that cannot be written before any model is loaded', async () => {
    const fileSystem = freshFiles();
    const other = runOn(fileSystem, { outputPath: '/folder/out.ods' });
    const json = runOn(fileSystem, { outputPath: '/folder/out.json' });
    expect(await failureOf(json.result)).toMatchObject({
      code: 'OUTPUT_FORMAT',
      hint: expect.stringContaining('.jsonl'),
    });
    expect((await failureOf(other.result)).code).toBe('OUTPUT_FORMAT');
    fileSystem.put(INPUT, 'about_me,x,x\na,b,c\n');
    const double = runOn(fileSystem, { outputPath: '/folder/out.jsonl' });
    expect(await failureOf(double.result)).toMatchObject({
      code: 'INPUT_COLUMN_AMBIGUOUS',
      at: { field: 'x' },
    });
    expect([...other.events, ...double.events]).toEqual([]);
  });
});
