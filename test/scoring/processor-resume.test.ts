import { describe, expect, it } from 'vitest';
import { failureOf, readCells } from '../table/csv-text.js';
import type { MemoryFileSystem } from '../table/memory-file-system.js';
import { freshFiles, INPUT, OUTPUT, RUN_FOLDER, runOn, stopAt, undisturbed } from './processor-runs.js';

const ROWS = 12;

describe('a stopped run', () => {
  it('leaves the output alone and goes on where it was, wherever it was stopped', async () => {
    const wanted = await undisturbed(ROWS);
    for (const name of ['a', 'b']) {
      for (const row of [0, 1, 3, 5, 6, 7, 8, 9, 11]) {
        const files = freshFiles(ROWS);
        files.put(OUTPUT, 'of yesterday');
        const stopped = await stopAt(files, name, row);
        expect(stopped).toMatchObject({ interrupted: true, exitCode: 130, outputWritten: false });
        expect(files.text(OUTPUT)).toBe('of yesterday');
        const { result, events } = runOn(files, { resume: true });
        const summary = await result;
        expect(files.text(OUTPUT)).toBe(wanted);
        const [a, b] = summary.models;
        expect(a!.reused + a!.scoredNow).toBe(9);
        expect(b!.reused + b!.scoredNow).toBe(9);
        expect(events.filter((event) => event.startsWith('load')).length).toBe(name === 'a' ? 2 : 1);
        expect(stopped.models.map((model) => model.statuses.ok)).toEqual([a!.reused, b!.reused]);
      }
    }
  });

  it('may be stopped again and again', async () => {
    const wanted = await undisturbed(ROWS);
    const files = freshFiles(ROWS);
    for (const row of [1, 3, 3, 7, 11]) await stopAt(files, 'a', row, { resume: true });
    for (const row of [0, 5, 9]) await stopAt(files, 'b', row, { resume: true });
    await runOn(files, { resume: true }).result;
    expect(files.text(OUTPUT)).toBe(wanted);
  });

  it('starts anew without --resume', async () => {
    const files = freshFiles(ROWS);
    await stopAt(files, 'b', 5);
    const { result } = runOn(files);
    expect((await result).models.map((model) => model.reused)).toEqual([0, 0]);
    expect(files.text(OUTPUT)).toBe(await undisturbed(ROWS));
  });

  it('stops between load and first row, and while it merges, just as well', async () => {
    const wanted = await undisturbed(ROWS);
    const early = freshFiles(ROWS);
    const now = new AbortController();
    now.abort();
    expect(await runOn(early, { signal: now.signal }).result).toMatchObject({ interrupted: true });
    await runOn(early, { resume: true }).result;
    expect(early.text(OUTPUT)).toBe(wanted);

    const late = freshFiles(ROWS);
    const stop = new AbortController();
    const onProgress = (p: { model: string; done: number }) =>
      p.model === 'b' && p.done === ROWS && stop.abort();
    expect(await runOn(late, { signal: stop.signal, onProgress }).result).toMatchObject({
      interrupted: true,
    });
    expect(late.text(OUTPUT)).toBeUndefined();
    const { result, events } = runOn(late, { resume: true });
    await result;
    expect([late.text(OUTPUT), events]).toEqual([wanted, []]);
  });

  it('may be stopped while a model loads, whether the loader listens or not', async () => {
    for (const listens of [true, false]) {
      const files = freshFiles(ROWS);
      const stop = new AbortController();
      const { result } = runOn(
        files,
        { signal: stop.signal },
        {
          script: {
            beforeLoad: () => {
              stop.abort();
              return listens ? Promise.reject(stop.signal.reason) : new Promise(() => {});
            },
          },
        },
      );
      expect(await result).toMatchObject({ interrupted: true, exitCode: 130 });
    }
  });

  it('does not wait for a model that hangs', async () => {
    const files = freshFiles(ROWS);
    const stop = new AbortController();
    const started = performance.now();
    const script = {
      beforeAnswer: () => {
        stop.abort();
        return new Promise(() => {});
      },
    };
    const { result } = runOn(files, { signal: stop.signal }, { script });
    expect(await result).toMatchObject({ interrupted: true });
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

const OTHER_FIELDS = {
  config: {
    prompt: { system: 'x' },
    output: { fields: [{ name: 'flag', type: 'enum', values: ['x', 'y'] }] },
  },
};

describe('resuming', () => {
  const changes: [string, Parameters<typeof runOn>[1], Parameters<typeof runOn>[2], string][] = [
    ['the prompt', {}, { config: { prompt: { system: 'Be kind.' } } }, 'prompt.system'],
    ['the fields', {}, OTHER_FIELDS, 'output.fields'],
    [
      'a generation setting',
      {},
      { config: { generation: { max_new_tokens: 99 } } },
      'generation.max_new_tokens',
    ],
    ['the weights', {}, { script: { fingerprint: 'other' } }, 'the files of model a'],
    ['the column', { inputColumn: 'id' }, {}, 'data.dataset_column'],
    ['the delimiter', { delimiter: 'tab', inputColumn: 'id,about_me' }, {}, '--delimiter'],
    ['the treatment of bad rows', { onBadRow: 'keep' }, {}, '--on-bad-row'],
  ];
  it.each(changes)('refuses when %s changed, by name', async (_, options, setup, name) => {
    const files = freshFiles(ROWS);
    await stopAt(files, 'a', 7);
    const before = files.get(`${RUN_FOLDER}/a.journal.jsonl`);
    const error = await failureOf(runOn(files, { resume: true, ...options }, setup).result);
    expect([error.code, error.exitCode]).toEqual(['USAGE_RESUME_CHANGED', 2]);
    expect(error.message).toContain(name);
    expect(files.get(`${RUN_FOLDER}/a.journal.jsonl`)).toEqual(before);
    await runOn(files, { resume: true }).result;
    expect(files.text(OUTPUT)).toBe(await undisturbed(ROWS));
  });

  it('refuses when the input changed, also after a finished run', async () => {
    for (const finish of [false, true]) {
      const files = freshFiles(ROWS);
      if (finish) await runOn(files).result;
      else await stopAt(files, 'b', 7);
      files.put(INPUT, `${files.text(INPUT)}99,one more\n`);
      const error = await failureOf(runOn(files, { resume: true }).result);
      expect(error.message).toContain('the input file');
    }
  });

  it('allows another speed, another limit, and models more or fewer', async () => {
    const files = freshFiles(ROWS);
    await stopAt(files, 'a', 7, { limit: 10 });
    await runOn(files, { resume: true, limit: 10 }, { config: { generation: { batch_size: 3 } } }).result;
    expect(files.text(OUTPUT)).toBe(await undisturbed(ROWS, { limit: 10 }));
    const { result, events } = runOn(files, { resume: true });
    await result;
    expect(events).toEqual(['load a', 'a 11', 'dispose a', 'load b', 'b 11', 'dispose b']);
    expect(files.text(OUTPUT)).toBe(await undisturbed(ROWS));

    const more = freshFiles(ROWS);
    await stopAt(more, 'a', 7);
    await runOn(more, { resume: true }, { names: ['c', 'a'] }).result;
    expect(more.text(OUTPUT)).toBe(await undisturbed(ROWS, {}, { names: ['c', 'a'] }));
  });

  it('has nothing to do after a finished run, and does it at once', async () => {
    const files = freshFiles(ROWS);
    const first = await runOn(files).result;
    expect(await files.list(RUN_FOLDER)).toEqual(['run.json']);
    const before = files.files.get(OUTPUT)!.identity;
    const { result, events } = runOn(files, { resume: true, clobber: false });
    expect(await result).toEqual({ ...first, alreadyDone: true });
    expect([events, files.files.get(OUTPUT)!.identity]).toEqual([[], before]);
  });

  it('writes the output again when it is gone or changed', async () => {
    for (const spoil of [
      (files: MemoryFileSystem) => files.remove(OUTPUT),
      (files: MemoryFileSystem) => files.put(OUTPUT, 'x'),
    ]) {
      const files = freshFiles(ROWS);
      await runOn(files).result;
      await spoil(files);
      expect(await runOn(files, { resume: true }).result).toMatchObject({
        alreadyDone: false,
        outputWritten: true,
      });
      expect(files.text(OUTPUT)).toBe(await undisturbed(ROWS));
    }
  });

  it('goes on with a model that had died or could not be loaded', async () => {
    for (const script of [{ dieAtRow: 7 }, { failToLoad: true }]) {
      const files = freshFiles(ROWS);
      expect(await runOn(files, {}, { scripts: { a: script } }).result).toMatchObject({ exitCode: 6 });
      const { result, events } = runOn(files, { resume: true });
      expect(await result).toMatchObject({ exitCode: 0 });
      expect(events).not.toContain('load b');
      expect(files.text(OUTPUT)).toBe(await undisturbed(ROWS));
    }
  });
});

describe('retrying errors', () => {
  const failing = (rows: number[]) => ({
    statusOf: (row: number) => (rows.includes(row) ? ('error_timeout' as const) : ('ok' as const)),
  });

  it('asks again about failed rows only', async () => {
    const files = freshFiles(ROWS);
    expect(await runOn(files, {}, { scripts: { a: failing([0, 3, 7]) } }).result).toMatchObject({
      exitCode: 6,
    });
    expect(await runOn(files, { resume: true }).result).toMatchObject({ alreadyDone: true, exitCode: 6 });
    const { result, events } = runOn(files, { retryErrors: true }, { scripts: { a: failing([3]) } });
    const summary = await result;
    expect(events).toEqual(['load a', 'a 0', 'a 3', 'a 7', 'dispose a']);
    expect([summary.exitCode, summary.models[0]!.statuses.error_timeout]).toEqual([6, 1]);
    const again = runOn(files, { retryErrors: true });
    expect(await again.result).toMatchObject({ exitCode: 0 });
    expect(again.events).toEqual(['load a', 'a 3', 'dispose a']);
    expect(files.text(OUTPUT)).toBe(await undisturbed(ROWS));
    expect(await runOn(files, { retryErrors: true }).result).toMatchObject({ alreadyDone: true });
  });

  it('can itself be stopped at any row', async () => {
    const wanted = await undisturbed(ROWS);
    for (const row of [0, 3, 7, 9, 11]) {
      const files = freshFiles(ROWS);
      await runOn(files, {}, { scripts: { a: { ...failing([0, 3, 7]), dieAtRow: 9, readAhead: 0 } } }).result;
      await stopAt(files, 'a', row, { retryErrors: true });
      await stopAt(files, 'a', row, { retryErrors: true });
      await runOn(files, { retryErrors: true }).result;
      expect(files.text(OUTPUT)).toBe(wanted);
    }
  });

  it('does not touch rows that were scored', async () => {
    const files = freshFiles(ROWS);
    await runOn(files, {}, { names: ['a'], script: failing([3]) }).result;
    const before = await readCells(files.text(OUTPUT)!);
    await runOn(files, { retryErrors: true }, { names: ['a'] }).result;
    const after = await readCells(files.text(OUTPUT)!);
    expect(
      after
        .filter((row, index) => JSON.stringify(row) !== JSON.stringify(before[index]))
        .map((row) => row[0]),
    ).toEqual(['3']);
  });
});
