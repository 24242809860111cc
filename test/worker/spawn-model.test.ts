import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { createConfig } from '../../src/config/create-config.js';
import type { LoadContext, ScoringRow } from '../../src/scoring/model-port.js';
import type { RowRecord } from '../../src/scoring/record.js';
import { createSpawnModel } from '../../src/worker/spawn-model.js';

const script = fileURLToPath(new URL('./scripted-child.mjs', import.meta.url));
const config = createConfig({ models: [{ name: 'm', enabled: true, model_id: './m' }] });
const ROWS = 60;

async function* rows(): AsyncGenerator<ScoringRow> {
  for (let row = 0; row < ROWS; row++) yield { row, text: `text ${row}` };
}

async function score(
  fault: object,
  context: Partial<LoadContext> = {},
  silenceMs = 600,
): Promise<RowRecord[]> {
  process.env['RUN_SCORING_TEST_CHILD'] = JSON.stringify(fault);
  const model = await createSpawnModel({ script, silenceMs })(config.models[0]!, config, {
    device: 'cpu',
    offline: true,
    note: () => {},
    ...context,
  });
  const records: RowRecord[] = [];
  try {
    for await (const record of model.score(rows())) records.push(record);
  } finally {
    await model.dispose();
  }
  return records;
}

const once = (): string => join(mkdtempSync(join(tmpdir(), 'child-')), 'happened');
const statuses = (records: readonly RowRecord[]): string[] =>
  records.map((record, index) => (record.row === index ? record.status : 'misplaced'));

afterEach(() => {
  delete process.env['RUN_SCORING_TEST_CHILD'];
});

describe('a child process that fails', () => {
  it('is not needed when nothing goes wrong', async () => {
    expect(statuses(await score({}))).toEqual(new Array(ROWS).fill('ok'));
  });

  it.each([
    ['crashes', 'dieOn'],
    ['is stopped', 'stopOn'],
    ['freezes', 'freezeOn'],
    ['answers garbage', 'garbageOn'],
    ['answers twice', 'twiceOn'],
  ])('loses no row when it %s once', async (_, fault) => {
    expect(statuses(await score({ [fault]: 20, once: once() }))).toEqual(new Array(ROWS).fill('ok'));
  });

  it.each(['dieOn', 'freezeOn', 'garbageOn'])('gives up one row, and only that one (%s)', async (fault) => {
    const expected = new Array(ROWS).fill('ok');
    expected[20] = 'error_worker';
    expect(statuses(await score({ [fault]: 20 }))).toEqual(expected);
  });

  it('is started again with half the rows side by side', async () => {
    const notes: string[] = [];
    await score({ dieOn: 20, once: once() }, { note: (line) => notes.push(line) });
    expect(notes).toEqual(['restarted after its process was lost, with 4 rows at a time']);
  });

  it('gives up a row that takes too long', async () => {
    const records = await score({ muteOn: 20 }, { timeoutPerRowMs: 400 }, 60_000);
    expect(records[20]!.status).toBe('error_timeout');
    expect(records.filter((record) => record.status === 'ok')).toHaveLength(ROWS - 1);
  });

  it('passes on why a model was refused', async () => {
    await expect(score({ refuse: true })).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING' });
  });

  it('ends between records when told to', async () => {
    const controller = new AbortController();
    process.env['RUN_SCORING_TEST_CHILD'] = JSON.stringify({ muteOn: 30 });
    const model = await createSpawnModel({ script })(config.models[0]!, config, {
      device: 'cpu',
      offline: true,
      note: () => {},
    });
    const seen: number[] = [];
    for await (const record of model.score(rows(), { signal: controller.signal })) {
      seen.push(record.row);
      if (record.row === 29) setTimeout(() => controller.abort(), 20);
    }
    await model.dispose();
    expect(seen).toEqual(Array.from({ length: 30 }, (_, row) => row));
  });
});
