import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { firstModelOnly, loadConfig, MultiModelBatchProcessor } from '../../src/index.js';
import { cpuSecondsWithChildren } from './process-tree.js';

/**
 * Cost of a row at 100, 1,000 and 10,000 rows: the product's own CSV run with its first embedded model, on texts that
 * all differ. Prints a line a size; the last line is JSON. CPU seconds are of all processes, loading included.
 */
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [100, 1_000, 10_000];
const folder = mkdtempSync(join(tmpdir(), 'rows-sweep-'));
const texts = ['data/sample.csv', 'data/labelled.csv'].flatMap((path) =>
  (parse(readFileSync(path), { columns: true, bom: true }) as { about_me: string }[])
    .map((row) => row.about_me)
    .filter((text) => text.trim() !== ''),
);
const config = firstModelOnly(await loadConfig('config/config.yaml'));
const results = [];
for (const size of sizes) {
  const inputPath = join(folder, `${size}.csv`);
  const rows = Array.from({ length: size }, (_, i) => [`${texts[i % texts.length]} Row ${i}.`]);
  writeFileSync(inputPath, stringify([['about_me'], ...rows]));
  const cpu = cpuSecondsWithChildren();
  const processor = new MultiModelBatchProcessor(config);
  const summary = await processor.processCsv({ inputPath, outputPath: join(folder, `${size}-out.csv`) });
  const model = summary.models[0]!;
  const line = {
    rows: size,
    cpu_s_per_row: Number(((cpuSecondsWithChildren() - cpu) / size).toFixed(5)),
    ms_per_row: Number(((1000 * model.seconds) / size).toFixed(2)),
    rows_per_s: Number((size / model.seconds).toFixed(1)),
  };
  results.push(line);
  console.log(JSON.stringify(line));
}
console.log(JSON.stringify({ sizes: results }));
