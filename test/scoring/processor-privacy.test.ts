import { describe, expect, it } from 'vitest';
import { RunScoringError } from '../../src/foundation/errors.js';
import type { CsvRunOptions } from '../../src/scoring/multi-model-batch-processor.js';
import { FaultyFileSystem } from '../faults/faulty-file-system.js';
import { toCsv } from '../table/csv-text.js';
import { MemoryFileSystem } from '../table/memory-file-system.js';
import { INPUT, OUTPUT, runOn } from './processor-runs.js';
import type { Script } from './scripted-model.js';

const CANARY = 'kanarie';

/** Everything that an error could put before somebody's eyes: message, place, stack, causes, own properties. */
function everythingIn(error: unknown): string {
  const seen: unknown[] = [];
  const parts: string[] = [];
  const visit = (value: unknown) => {
    if (typeof value === 'string') parts.push(value);
    if (typeof value !== 'object' || value === null || seen.includes(value)) return;
    seen.push(value);
    for (const key of Reflect.ownKeys(value)) visit((value as Record<PropertyKey, unknown>)[key]);
  };
  visit(error);
  if (error instanceof RunScoringError) parts.push(error.toLine());
  return parts.join('\n');
}

describe('cell text stays in cells', () => {
  const rows = Array.from({ length: 6 }, (_, i) => [`${CANARY}${i}`, `${CANARY} text, "${i}"`]);
  const whole = toCsv([['id', 'about_me'], ...rows]);
  const thrown = () => {
    throw Object.assign(new TypeError(`cannot read ${CANARY}`), { cause: new Error(CANARY), record: CANARY });
  };
  const cases: [string, string, Partial<CsvRunOptions>, Script][] = [
    ['a good run', whole, {}, {}],
    ['a row that is too long', `${whole}${CANARY},${CANARY},${CANARY}\n`, {}, {}],
    ['a row that is too short, kept', `${whole}${CANARY}\n`, { onBadRow: 'keep' }, {}],
    ['broken quotes', `${whole}${CANARY},"${CANARY}"${CANARY}\n`, {}, {}],
    ['an open quote', `${whole}${CANARY},"${CANARY}\n`, {}, {}],
    ['bytes that are not UTF-8', `${whole}${CANARY},\uDCFF`, {}, {}],
    ['a missing column', whole, { inputColumn: 'text' }, {}],
    ['a model that throws the text', whole, {}, { beforeAnswer: thrown }],
    ['a model that dies', whole, {}, { dieAtRow: 3 }],
    ['failed rows', whole, {}, { statusOf: () => 'error_timeout' }],
  ];
  it.each(cases)('with %s', async (name, content, options, script) => {
    const files = new MemoryFileSystem();
    files.put(
      INPUT,
      name.startsWith('bytes') ? Buffer.concat([Buffer.from(whole), Buffer.from([0xff])]) : content,
    );
    const told: string[] = [];
    const watch: Partial<CsvRunOptions> = {
      onNote: (line) => told.push(line),
      onProgress: (progress) => told.push(JSON.stringify(progress)),
    };
    const { result } = runOn(files, { ...options, ...watch }, { script });
    await result.then(
      (summary) => told.push(JSON.stringify(summary)),
      (error: unknown) => told.push(everythingIn(error)),
    );
    expect(told.length).toBeGreaterThan(0);
    expect(told.join('\n')).not.toContain(CANARY);
    // On the disk the texts stand in the output alone; journals hold answers, and the state holds counts.
    for (const [path, file] of files.files) {
      if (path === INPUT || path === OUTPUT) continue;
      expect([path, file.bytes.subarray(0, file.length).toString()]).not.toEqual([
        path,
        expect.stringContaining(CANARY),
      ]);
    }
  });

  it('when the disk fails in the middle of it all', async () => {
    for (const code of ['ENOSPC', 'EIO']) {
      for (let n = 1; n < 120; n += 3) {
        const files = new MemoryFileSystem();
        files.put(INPUT, whole);
        const faulty = new FaultyFileSystem(files, (call) => (call === n ? code : undefined));
        const error = await runOn(faulty).result.catch((reason: unknown) => reason);
        expect(everythingIn(error)).not.toContain(CANARY);
      }
    }
  });
});
