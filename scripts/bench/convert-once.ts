import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertedModel } from '../../src/backends/converted-cache.js';
import type { WeightFormat } from '../../src/checkpoint/decoder-contract.js';
import { folderBytes } from './conversion.js';

/**
 * One conversion, the checksums of what it wrote included (a plain folder has no hashes to check), with its time, its processor time and the largest resident set of the process:
 *
 *   node convert-once.js <checkpoint folder> <format> <folder for the result>
 */
const [source, format, cache] = process.argv.slice(2);
const started = performance.now();
const { folder } = await convertedModel(source!, format as WeightFormat, () => {}, cache!);
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage();
const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
process.stdout.write(
  JSON.stringify({
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peakRssMb: (Number(peak?.[1]) * 1024) / 1e6,
    outputMb: (await folderBytes(join(folder, 'onnx'))) / 1e6,
  }),
);
