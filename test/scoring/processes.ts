import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./scripted-run.mjs', import.meta.url));

export interface ProcessOptions {
  input: string;
  output: string;
  models?: string[];
  /** Take a sample at every so many rows. */
  sampleEvery?: number;
  /** Most memory for old objects, MiB: V8 then collects at once, and the peak shows what is held. */
  heapMb?: number;
}

export interface Sample {
  done: number;
  rssMb: number;
  cpuSeconds: number;
  openFiles: number;
}

export interface ProcessResult {
  exitCode?: number;
  code?: string;
  maxRssMb?: number;
  samples?: Sample[];
}

/** Runs the scripted model over a table in a process of its own. */
export async function runProcess(options: ProcessOptions): Promise<ProcessResult> {
  const limits = options.heapMb ? [`--max-old-space-size=${options.heapMb}`, '--max-semi-space-size=2'] : [];
  const child = spawn(process.execPath, [...limits, SCRIPT, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  await once(child, 'close');
  return JSON.parse(text);
}

export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'run-scoring-test-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A CSV of so many rows, each with a text of about 35 times `length` characters. */
export async function writeRows(path: string, rows: number, length = 3): Promise<void> {
  const stream = createWriteStream(path);
  stream.write('id,about_me\n');
  for (let row = 0; row < rows; row += 1000) {
    let text = '';
    for (let at = row; at < Math.min(rows, row + 1000); at++) {
      text += `${at},"Row ${at}: a ""careful"" worker, ${'with many years of work behind me '.repeat(length)}"\n`;
    }
    if (!stream.write(text)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
}
