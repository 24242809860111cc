import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/**
 * Conversions of Llama 3 8B's layout, as the product does them on first use. Figures are printed; what depends on the
 * disk and on who else computes is held to what they allowed meanwhile.
 */
const built = <T>(path: string): Promise<T> =>
  import(/* @vite-ignore */ fileURLToPath(new URL(`../../dist/scripts/bench/${path}.js`, import.meta.url)));
const { measureConversion, measureCopy } =
  await built<typeof import('../../scripts/bench/conversion.js')>('conversion');
const { writeLargeCheckpoint } =
  await built<typeof import('../../scripts/bench/large-checkpoint.js')>('large-checkpoint');

const { bavail, bsize } = await statfs(tmpdir());
const freeBytes = bavail * bsize;
const inFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'conversion-long-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
const print = (line: string): void => void process.stdout.write(`${line}\n`);

describe('all of an 8B model, in the published layout', () => {
  // The source has holes in place of values and takes no room; the result does.
  it.skipIf(freeBytes < 20e9).each(['4bit', '8bit', 'float16'])(
    'becomes %s within 3 GB of memory',
    (format) =>
      inFolder(async (folder) => {
        const source = join(folder, 'source');
        const bytes = await writeLargeCheckpoint(source, 32, true);
        expect(bytes).toBeGreaterThan(16e9);
        const figures = await measureConversion(source, bytes, format, join(folder, 'converted'));
        print(
          `${(bytes / 1e9).toFixed(1)} GB to ${format}: peak ${Math.round(figures.peakRssMb)} MB, ${Math.round(figures.mbPerSecond)} MB/s, ${Math.round(figures.outputMb)} MB written`,
        );
        expect(figures.peakRssMb).toBeLessThan(3000);
      }),
  );
});

describe('the speed of a conversion', () => {
  it.skipIf(freeBytes < 15e9)(
    'is at least half of the copying speed of the disk for float16, and 75 MB of source per processor second for 4bit',
    () =>
      inFolder(async (folder) => {
        const source = join(folder, 'source');
        const bytes = await writeLargeCheckpoint(source, 4);
        const copies = [await measureCopy(source, join(folder, 'copy'))];
        const half = await measureConversion(source, bytes, 'float16', join(folder, 'converted'));
        copies.push(await measureCopy(source, join(folder, 'copy')));
        const four = await measureConversion(source, bytes, '4bit', join(folder, 'converted'));
        const perProcessor = bytes / 1e6 / four.cpuSeconds;
        print(
          `copies: ${copies.map(Math.round).join(', ')} MB/s; float16: ${Math.round(half.mbPerSecond)} MB/s`,
        );
        print(
          `4bit: ${Math.round(four.mbPerSecond)} MB/s of source, ${Math.round(perProcessor)} MB per processor second`,
        );
        expect(half.mbPerSecond).toBeGreaterThan(Math.min(...copies) / 2);
        // Two processors at this rate make 150 MB/s.
        expect(perProcessor).toBeGreaterThan(75);
      }),
  );
});
