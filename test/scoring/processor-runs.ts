import type { CsvRunOptions } from '../../src/scoring/multi-model-batch-processor.js';
import { MultiModelBatchProcessor } from '../../src/scoring/multi-model-batch-processor.js';
import type { RunSummary } from '../../src/scoring/run-summary.js';
import type { FileSystem } from '../../src/table/file-system.js';
import { toCsv } from '../table/csv-text.js';
import { MemoryFileSystem } from '../table/memory-file-system.js';
import { type Script, scriptedModels, testConfig } from './scripted-model.js';

export const INPUT = '/folder/in.csv';
export const OUTPUT = '/folder/out.csv';
export const RUN_FOLDER = '/folder/.out.csv.run-scoring';

/** Texts with all that hurts in a CSV, some of them empty. */
export function sampleTable(rows: number): string {
  const texts = ['plain', 'a, "b"', '', 'line\nbreak', ' ', 'ünï 😀', '=1+1', '\r\n'];
  return toCsv([
    ['id', 'about_me'],
    ...Array.from({ length: rows }, (_, i) => [
      `${i}`,
      `${texts[i % texts.length]}${i % texts.length === 2 || i % texts.length === 4 ? '' : i}`,
    ]),
  ]);
}

export function freshFiles(rows = 12): MemoryFileSystem {
  const fileSystem = new MemoryFileSystem();
  fileSystem.put(INPUT, sampleTable(rows));
  return fileSystem;
}

export interface RunSetup {
  names?: string[];
  scripts?: Record<string, Script>;
  script?: Script;
  config?: Record<string, unknown>;
}

export function runOn(
  fileSystem: FileSystem,
  options: Partial<CsvRunOptions> = {},
  setup: RunSetup = {},
): { result: Promise<RunSummary>; events: string[] } {
  const models = scriptedModels(setup.scripts, setup.script);
  const processor = new MultiModelBatchProcessor(testConfig(setup.names ?? ['a', 'b'], setup.config), {
    loadModel: models.loadModel,
    fileSystem,
  });
  const result = processor.processCsv({ inputPath: INPUT, outputPath: OUTPUT, ...options });
  return { result, events: models.events };
}

/** The bytes that an undisturbed run gives. */
export async function undisturbed(
  rows = 12,
  options: Partial<CsvRunOptions> = {},
  setup: RunSetup = {},
): Promise<string> {
  const fileSystem = freshFiles(rows);
  await runOn(fileSystem, options, setup).result;
  return fileSystem.text(OUTPUT)!;
}

/** Stops the run when model `name` is about to answer row `row`, as a first Ctrl-C does. */
export async function stopAt(
  fileSystem: FileSystem,
  name: string,
  row: number,
  options: Partial<CsvRunOptions> = {},
) {
  const stop = new AbortController();
  const script: Script = { readAhead: 1, beforeAnswer: (at) => at === row && stop.abort() };
  return runOn(fileSystem, { ...options, signal: stop.signal }, { scripts: { [name]: script } }).result;
}
