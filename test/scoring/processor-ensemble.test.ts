import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { RunScoringError } from '../../src/foundation/errors.js';
import type { EnsembleSettings } from '../../src/report/ensemble-cells.js';
import { MultiModelBatchProcessor } from '../../src/scoring/multi-model-batch-processor.js';
import { ENSEMBLE_METHODS, TIE_RULES } from '../../src/stats/ensemble.js';
import { readCells, toCsv } from '../table/csv-text.js';
import { MemoryFileSystem } from '../table/memory-file-system.js';
import { type Script, scriptedModels, testConfig } from './scripted-model.js';

const COLUMNS = ['ensemble_flag', 'ensemble_margin', 'ensemble_votes'];

/** A model that says what its letter in the text says: g, b, or x for a failed answer. Confidence as given. */
function spelled(place: number, confidence: number): Script {
  return {
    answer: async function* (rows) {
      for await (const { row, text } of rows) {
        const flag = { g: 'good', b: 'bad' }[text[place]!];
        const values =
          flag === undefined ? null : { flag, reasoning: 'r', tags: [] as string[], recommendation: 'c' };
        yield {
          row,
          status: values === null ? ('invalid_output' as const) : ('ok' as const),
          raw: 'raw',
          values,
          confidence: values === null ? null : confidence,
          inputTokens: 1,
          outputTokens: 1,
        };
      }
    },
  };
}

const SCRIPTS = { a: spelled(0, 0.9), b: spelled(1, 0.6), c: spelled(2, 0.7) };
const TEXTS = ['ggb', 'gbx', '', 'xxx', 'bbb'];

function processorOf(extra: Record<string, unknown> = {}, scripts: Record<string, Script> = SCRIPTS) {
  const fileSystem = new MemoryFileSystem();
  const { loadModel } = scriptedModels(scripts);
  const processor = new MultiModelBatchProcessor(testConfig(['a', 'b', 'c'], extra), {
    loadModel,
    fileSystem,
  });
  return { fileSystem, processor };
}

/** The votes of rows in memory, and the cells of the same run over a file. */
async function votesOf(
  rows: readonly Record<string, string>[],
  ensemble: EnsembleSettings | false | undefined,
  extra: Record<string, unknown> = {},
) {
  const { fileSystem, processor } = processorOf(extra);
  const asked = ensemble === undefined ? {} : { ensemble };
  const scored = await processor.processRows(rows, asked);
  const header = Object.keys(rows[0]!);
  fileSystem.put('/in.csv', toCsv([header, ...rows.map((row) => header.map((name) => row[name]!))]));
  await processor.processCsv({ inputPath: '/in.csv', outputPath: '/out.csv', ...asked });
  const cells = await readCells(fileSystem.text('/out.csv')!);
  return { scored, cells, values: scored.map((row) => COLUMNS.map((name) => row[name])) };
}

const ROWS = TEXTS.map((about_me) => ({ about_me }));

describe('the vote of a run', () => {
  it('stands behind the columns of the models, in memory as in a file', async () => {
    const { scored, cells, values } = await votesOf(ROWS, { method: 'majority' });
    expect(Object.keys(scored[0]!).slice(-3)).toEqual(COLUMNS);
    expect(values).toEqual([
      ['good', 0.333333, 'good 2, bad 1'],
      ['abstain', 0, 'good 1, bad 1, missing 1'],
      [null, null, null],
      [null, null, 'missing 3'],
      ['bad', 1, 'bad 3'],
    ]);
    expect(cells[0]!.slice(-3)).toEqual(COLUMNS);
    expect(cells.slice(1).map((row) => row.slice(-3))).toEqual(
      values.map((row) => row.map((value) => String(value ?? ''))),
    );
  });

  it.each([
    ['abstain', 'abstain'],
    ['positive', 'bad'],
    ['confident', 'good'],
  ] as const)('ties: %s', async (ties, flag) => {
    const { values } = await votesOf(ROWS, { method: 'majority', ties });
    expect(values[1]![0]).toBe(flag);
  });

  it('is asked for by the config, and a call may say otherwise', async () => {
    const extra = { ensemble: { ties: 'positive' } };
    expect((await votesOf(ROWS, undefined, extra)).values[1]![0]).toBe('bad');
    expect((await votesOf(ROWS, { method: 'majority' }, extra)).values[1]![0]).toBe('abstain');
    const { scored, cells } = await votesOf(ROWS, false, extra);
    expect(Object.keys(scored[0]!)).not.toContain('ensemble_flag');
    expect(cells[0]).not.toContain('ensemble_flag');
    expect((await votesOf(ROWS, undefined)).cells[0]).not.toContain('ensemble_flag');
  });

  it('weighs by the labels of people in the rows', async () => {
    const rows = [
      ...Array.from({ length: 12 }, (_, at) => ({
        about_me: at % 2 === 0 ? 'gbb' : 'bgg',
        Human_flag: at % 2 === 0 ? 'good' : 'bad',
      })),
      { about_me: 'gbb', Human_flag: '' },
    ];
    // b and c were always wrong, and weigh nothing.
    expect((await votesOf(rows, { method: 'weighted' })).values.at(-1)).toEqual(['good', 1, 'good 1, bad 2']);
    expect((await votesOf(rows, { method: 'majority' })).values.at(-1)![0]).toBe('bad');
  });

  it('a model that does not load is a missing vote', async () => {
    const { processor } = processorOf({}, { ...SCRIPTS, b: { failToLoad: true } });
    const rows = await processor.processRows(ROWS, { ensemble: { method: 'majority' } });
    expect(rows[4]!['ensemble_votes']).toBe('bad 2, missing 1');
    expect(rows[2]!['ensemble_votes']).toBeNull();
  });

  it('stands in a data frame too', async () => {
    const { processor } = processorOf();
    const { tableFromArrays } = await import('apache-arrow');
    const frame = await processor.processDataFrame(tableFromArrays({ about_me: TEXTS }), {
      ensemble: { method: 'majority' },
    });
    const column = (name: string) => [...frame.getChild(name as never)!] as unknown[];
    expect(column('ensemble_flag')).toEqual(['good', 'abstain', null, null, 'bad']);
    expect(column('ensemble_margin')).toEqual([0.333333, 0, null, null, 1]);
  });

  it('adds nothing to raw answers', async () => {
    const { processor } = processorOf({ ensemble: {} });
    const [row] = await processor.processRows(ROWS, { parseOutputs: false });
    expect(Object.keys(row!)).toEqual(['about_me', ...['a', 'b', 'c'].map((n) => `about_me_processed_${n}`)]);
  });

  it('refuses settings that do not exist, and columns that are there', async () => {
    const { processor } = processorOf();
    const codeOf = async (rows: readonly Record<string, string>[], ensemble: object) => {
      const failure = await processor
        .processRows(rows, { ensemble: ensemble as EnsembleSettings })
        .catch((error: unknown) => error);
      return failure instanceof RunScoringError ? failure.code : failure;
    };
    expect(await codeOf(ROWS, { method: 'most' })).toBe('USAGE_ENSEMBLE');
    expect(await codeOf(ROWS, { method: 'majority', ties: 'coin' })).toBe('USAGE_ENSEMBLE');
    expect(await codeOf([{ about_me: 'ggg', ensemble_votes: '' }], { method: 'majority' })).toBe(
      'OUTPUT_COLUMN_EXISTS',
    );
  });

  it('is given anew by --resume when another class is positive', async () => {
    const fileSystem = new MemoryFileSystem();
    fileSystem.put('/in.csv', toCsv([['about_me'], ['gbx']]));
    for (const [positive, flag] of [
      ['bad', 'bad'],
      ['good', 'good'],
    ]) {
      const { loadModel } = scriptedModels(SCRIPTS);
      const config = testConfig(['a', 'b', 'c'], { evaluation: { positive_class: positive } });
      const processor = new MultiModelBatchProcessor(config, { loadModel, fileSystem });
      const ensemble = { method: 'majority', ties: 'positive' } as const;
      await processor.processCsv({ inputPath: '/in.csv', outputPath: '/out.csv', resume: true, ensemble });
      const [header, row] = await readCells(fileSystem.text('/out.csv')!);
      expect(row![header!.indexOf('ensemble_flag')]).toBe(flag);
    }
  });

  it('is given anew by --resume when other people’s labels weigh', async () => {
    const fileSystem = new MemoryFileSystem();
    const labelled = Array.from({ length: 12 }, (_, at) =>
      at % 2 === 0 ? ['gbb', 'good', 'bad'] : ['bgg', 'bad', 'good'],
    );
    fileSystem.put('/in.csv', toCsv([['about_me', 'ann', 'ben'], ...labelled, ['gbb', '', '']]));
    // Ann holds with a, Ben with b and c.
    for (const [human_label_column, flag] of [
      ['ann', 'good'],
      ['ben', 'bad'],
    ]) {
      const { loadModel } = scriptedModels(SCRIPTS);
      const config = testConfig(['a', 'b', 'c'], { data: { human_label_column } });
      const processor = new MultiModelBatchProcessor(config, { loadModel, fileSystem });
      const ensemble = { method: 'weighted' } as const;
      await processor.processCsv({ inputPath: '/in.csv', outputPath: '/out.csv', resume: true, ensemble });
      const [header, ...rows] = await readCells(fileSystem.text('/out.csv')!);
      expect(rows.at(-1)![header!.indexOf('ensemble_flag')]).toBe(flag);
    }
  });

  it('warns of a dawid-skene of two models', async () => {
    const notes: string[] = [];
    const { loadModel } = scriptedModels(SCRIPTS);
    const processor = new MultiModelBatchProcessor(testConfig(['a', 'b']), { loadModel });
    const onNote = (line: string) => void notes.push(line);
    await processor.processRows(ROWS, { ensemble: { method: 'dawid-skene' }, onNote });
    expect(notes.filter((line) => line.startsWith('warning: dawid-skene wants three'))).toHaveLength(1);
  });

  it('config and statistics know the same methods', () => {
    const { method, ties } = configSchema.shape.ensemble.unwrap().shape;
    expect(method.unwrap().options).toEqual([...ENSEMBLE_METHODS]);
    expect(ties.unwrap().options).toEqual([...TIE_RULES]);
  });
});
