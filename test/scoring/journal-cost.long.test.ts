import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { loadEngine } from '../../src/backends/load-engine.js';
import { DEFAULT_FIELDS } from '../../src/config/default-rubric.js';
import { ModelJournal } from '../../src/scoring/model-journal.js';
import { ModelScorer } from '../../src/scoring/model-scorer.js';
import type { RowRecord } from '../../src/scoring/record.js';
import { nodeFileSystem } from '../../src/table/file-system.js';
import { RunFolder } from '../../src/table/run-folder.js';

const ROWS = 1_500;
const COPIES = 40;

/** Processor time of this process, in seconds. */
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

it('the journal costs at most 2% of the fastest model’s time for a row', async () => {
  const loaded = await loadEngine({
    folder: 'data/models/scout',
    quantization: undefined,
    fields: DEFAULT_FIELDS,
    constrained: true,
    prompt: { system: '' },
    maxInputTokens: 1500,
    maxNewTokens: 200,
    batchSize: 32,
    device: 'cpu',
  });
  const scorer = new ModelScorer(loaded.encoder, loaded.engine, DEFAULT_FIELDS);
  async function* rows() {
    for (let row = 0; row < ROWS; row++)
      yield { row, text: `I was a welder for ${row} days and ${row % 7} nights.` };
  }
  const records: RowRecord[] = [];
  const beforeModel = cpu();
  for await (const record of scorer.score(rows())) records.push(record);
  const modelMs = ((cpu() - beforeModel) * 1000) / ROWS;
  await loaded.dispose();

  const folder = await RunFolder.temporary(nodeFileSystem);
  const journal = new ModelJournal(nodeFileSystem, folder, 'm');
  await journal.open({ key: 'of a test' }, false);
  const beforeJournal = cpu();
  for (let copy = 0; copy < COPIES; copy++)
    for (const record of records) await journal.append({ ...record, row: copy * ROWS + record.row });
  await journal.close();
  const journalMs = ((cpu() - beforeJournal) * 1000) / (COPIES * ROWS);
  const share = journalMs / modelMs;
  console.log(JSON.stringify({ modelMs, journalMs, share }));
  await rm(folder.path, { recursive: true });
  expect(share).toBeLessThan(0.02);
});
