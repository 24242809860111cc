import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import {
  type CsvRunOptions,
  MultiModelBatchProcessor,
} from '../../src/scoring/multi-model-batch-processor.js';
import type { RunSummary } from '../../src/scoring/run-summary.js';
import { createSpawnModel } from '../../src/worker/spawn-model.js';
import { freshFiles, INPUT, OUTPUT } from '../scoring/processor-runs.js';
import { testConfig } from '../scoring/scripted-model.js';
import type { MemoryFileSystem } from '../table/memory-file-system.js';
import type { Fault } from './fault.js';
import { damageOf, must, type Trials } from './trials.js';

const SCRIPT = fileURLToPath(new URL('./scripted-child.mjs', import.meta.url));
const ROWS = 16;
/** Rows of the sample whose text is not empty. */
const ASKED = Array.from({ length: ROWS }, (_, row) => row).filter((row) => row % 8 !== 2 && row % 8 !== 4);
const GARBAGE_SHAPES = 10;

interface ChildFault {
  readonly name: string;
  readonly fault: string;
  readonly shape?: number;
  /** Costs no row even when it happens every time. */
  readonly harmless?: boolean;
  /** Waits for a watchdog: fewer trials. */
  readonly slow?: boolean;
  /** Nothing but the time that a row takes gives it away. */
  readonly timed?: boolean;
}

const KINDS: readonly ChildFault[] = [
  { name: 'segfaults', fault: 'segfault' },
  { name: 'exits', fault: 'exit' },
  { name: 'refuses to go on', fault: 'refuse' },
  { name: 'answers twice', fault: 'twice', harmless: true },
  { name: 'answers out of order', fault: 'order', slow: true },
  { name: 'answers what was not asked', fault: 'unasked' },
  { name: 'is stopped (SIGSTOP)', fault: 'stop', slow: true },
  { name: 'freezes', fault: 'freeze', slow: true },
  { name: 'never answers', fault: 'silence', slow: true, timed: true },
  { name: 'talks but never answers', fault: 'babble', slow: true, timed: true },
];

function score(
  files: MemoryFileSystem,
  script: object,
  kind: ChildFault,
  options: Partial<CsvRunOptions> = {},
): Promise<RunSummary> {
  process.env['RUN_SCORING_FAULT_CHILD'] = JSON.stringify(script);
  const config = testConfig(['a'], { generation: { batch_size: 4 } });
  const processor = new MultiModelBatchProcessor(config, {
    loadModel: createSpawnModel({ script: SCRIPT, silenceMs: kind.slow === true ? 1_500 : 30_000 }),
    fileSystem: files,
    ...(kind.timed === true ? { timeoutPerRowMs: 1_500 } : {}),
  });
  return processor.processCsv({ inputPath: INPUT, outputPath: OUTPUT, ...options });
}

/** Once: nothing may show. For good: that row, and that row alone, has failed, and --retry-errors mends it. */
async function failChild(
  trials: Trials,
  kind: ChildFault,
  rows: readonly number[],
  shapes: readonly number[],
) {
  const calm = freshFiles(ROWS);
  await score(calm, {}, { name: '', fault: '' });
  const wanted = calm.text(OUTPUT)!;
  const folder = mkdtempSync(join(tmpdir(), 'run-scoring-child-'));
  try {
    for (const row of rows) {
      for (const shape of shapes) {
        const script = { fault: kind.fault, row, shape };
        const once = join(folder, `${row}-${shape}`);
        await trials.run(`row ${row}, shape ${shape}, once`, async () => {
          const files = freshFiles(ROWS);
          const { exitCode } = await score(files, { ...script, once }, kind);
          must(exitCode === 0, `the run ends with ${exitCode}`);
          trials.same(files.text(OUTPUT), wanted);
        });
        await trials.run(`row ${row}, shape ${shape}, for good`, async () => {
          const files = freshFiles(ROWS);
          const { exitCode } = await score(files, script, kind);
          if (kind.harmless === true) return trials.same(files.text(OUTPUT), wanted);
          must(exitCode === 6, `the run ends with ${exitCode}`);
          const damage = damageOf(files.text(OUTPUT)!, wanted);
          must(JSON.stringify(damage) === ONE_ROW, `more than one row: ${JSON.stringify(damage)}`);
          const table = parse(files.text(OUTPUT)!, { columns: true }) as Record<string, string>[];
          const status = table[row]!['ai_a_status'];
          must(status === (kind.timed === true ? 'error_timeout' : 'error_worker'), `row ${row}: ${status}`);
          const again = await score(files, {}, kind, { retryErrors: true });
          must(again.exitCode === 0, `the retry ends with ${again.exitCode}`);
          trials.same(files.text(OUTPUT), wanted);
        });
      }
    }
  } finally {
    delete process.env['RUN_SCORING_FAULT_CHILD'];
    rmSync(folder, { recursive: true });
  }
}

const ONE_ROW = JSON.stringify({ lost: 0, duplicated: 0, reordered: 0, changed: 1 });
const ENDS = [ASKED[0]!, ASKED[5]!, ASKED.at(-1)!];
/** Swapped with its successor, so it must have one. */
const withSuccessor = (rows: readonly number[]): number[] => rows.filter((row) => row < ASKED.at(-1)!);

export const CHILD_FAULTS: readonly Fault[] = [
  ...KINDS.map((kind) => ({
    group: 'child',
    name: kind.name,
    run: async (trials: Trials, long: boolean) => {
      const few = kind.slow === true ? [ASKED[5]!] : ENDS;
      const rows = long ? (kind.slow === true ? ENDS : ASKED) : few;
      await failChild(trials, kind, kind.fault === 'order' ? withSuccessor(rows) : rows, [0]);
      return undefined;
    },
  })),
  {
    group: 'child',
    name: 'answers garbage',
    run: async (trials, long) => {
      const shapes = Array.from({ length: GARBAGE_SHAPES }, (_, shape) => shape);
      await failChild(trials, { name: '', fault: 'garbage' }, long ? ENDS : [ASKED[5]!], shapes);
      return undefined;
    },
  },
];
