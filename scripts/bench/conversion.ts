import { spawn } from 'node:child_process';
import { mkdtemp, open, readdir, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeLargeCheckpoint } from './large-checkpoint.js';

/**
 * How fast a checkpoint becomes a decoder, against how fast the disk copies it, and how much memory that takes.
 * See README.md beside this file.
 */

const CONVERT = fileURLToPath(new URL('./convert-once.js', import.meta.url));
const say = (line: string): void => void process.stderr.write(`${line}\n`);

export interface ConversionFigures {
  readonly format: string;
  readonly seconds: number;
  /** Of all processors together: what does not depend on who else is running. */
  readonly cpuSeconds: number;
  /** Megabytes of source a second. */
  readonly mbPerSecond: number;
  readonly peakRssMb: number;
  readonly outputMb: number;
}

/** Converts a checkpoint in a process of its own, as the product does on first use, and removes the result. */
export async function measureConversion(
  source: string,
  sourceBytes: number,
  format: string,
  cache: string,
): Promise<ConversionFigures> {
  const child = spawn(process.execPath, [CONVERT, source, format, cache], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += String(chunk);
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  await rm(cache, { recursive: true, force: true });
  if (code !== 0) throw new Error(`the conversion to ${format} ended with ${String(code)}`);
  const figures = JSON.parse(text) as ConversionFigures;
  return { ...figures, format, mbPerSecond: sourceBytes / 1e6 / figures.seconds };
}

/** Megabytes a second at which the disk takes a copy of all weights, counted until it holds them. */
export async function measureCopy(source: string, target: string): Promise<number> {
  const buffer = Buffer.allocUnsafe(8 << 20);
  const started = performance.now();
  let bytes = 0;
  const copy = await open(target, 'w');
  try {
    for (const name of (await readdir(source)).filter((each) => each.endsWith('.safetensors')).sort()) {
      const file = await open(join(source, name));
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
        if (bytesRead === 0) break;
        await copy.write(buffer, 0, bytesRead);
        bytes += bytesRead;
      }
      await file.close();
    }
    await copy.sync();
  } finally {
    await copy.close();
    await rm(target, { force: true });
  }
  return bytes / 1e6 / ((performance.now() - started) / 1000);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      layers: { type: 'string', default: '4' },
      formats: { type: 'string', default: 'float16,4bit,8bit,none' },
      folder: { type: 'string' },
      rounds: { type: 'string', default: '1' },
    },
  });
  const layers = Number(values.layers);
  const folder = await mkdtemp(join(values.folder ?? tmpdir(), 'conversion-'));
  try {
    const needed = 3.2 * (2.2e9 + layers * 0.44e9);
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < needed) throw new Error(`this needs ${Math.ceil(needed / 1e9)} GB of disk`);
    const source = join(folder, 'source');
    const bytes = await writeLargeCheckpoint(source, layers);
    say(`${(bytes / 1e9).toFixed(1)} GB of random weights in ${layers} layers of Llama 3 8B`);
    const copies: number[] = [];
    const conversions: ConversionFigures[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const format of values.formats.split(',')) {
        copies.push(await measureCopy(source, join(folder, 'copy')));
        say(`copy: ${Math.round(copies.at(-1)!)} MB/s`);
        const figures = await measureConversion(source, bytes, format, join(folder, 'converted'));
        conversions.push(figures);
        say(
          `${format}: ${Math.round(figures.mbPerSecond)} MB/s of source, ${figures.seconds.toFixed(1)} s, ${figures.cpuSeconds.toFixed(1)} s of processors, ${Math.round(figures.peakRssMb)} MB of memory, ${Math.round(figures.outputMb)} MB written`,
        );
      }
    }
    const rounded = (value: number): number => Math.round(value * 10) / 10;
    process.stdout.write(
      `${JSON.stringify({
        source_gb: rounded(bytes / 1e9),
        copy_mb_per_s: copies.map(rounded),
        conversions: conversions.map((each) => ({
          format: each.format,
          mb_per_s: rounded(each.mbPerSecond),
          mb_per_cpu_s: rounded(bytes / 1e6 / each.cpuSeconds),
          peak_rss_mb: Math.round(each.peakRssMb),
        })),
      })}\n`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Bytes of the files directly in a folder. */
export async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
