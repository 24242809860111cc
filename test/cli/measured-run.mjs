// A run of the built package in a process of its own that measures itself and its children as it goes.
// usage: node measured-run.mjs '{ "config", "input", "output", "sampleEvery" }'; prints one JSON line. Linux only.
import { readdirSync, readFileSync } from 'node:fs';
import { loadConfig, MultiModelBatchProcessor } from '../../dist/src/index.js';

const { config, input, output, sampleEvery } = JSON.parse(process.argv[2]);
const TICKS_PER_SECOND = 100;

function statOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return {
    parent: Number(fields[1]),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    rssMb: Number(rss?.[1] ?? 0) / 1024,
    openFiles: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/** This process and its children, summed. */
function sample(done) {
  const sum = { done, processes: 0, cpuSeconds: 0, rssMb: 0, childRssMb: 0, openFiles: 0 };
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = statOf(name);
      const isSelf = Number(name) === process.pid;
      if (!isSelf && stat.parent !== process.pid) continue;
      sum.processes += 1;
      sum.cpuSeconds += stat.cpuSeconds;
      sum.rssMb += stat.rssMb;
      if (!isSelf) sum.childRssMb += stat.rssMb;
      sum.openFiles += stat.openFiles;
    } catch {
      // It has ended.
    }
  }
  return sum;
}

const samples = [];
let next = sampleEvery;
const summary = await new MultiModelBatchProcessor(await loadConfig(config)).processCsv({
  inputPath: input,
  outputPath: output,
  onProgress: ({ done, total }) => {
    if (done < next || done === total) return;
    samples.push(sample(done));
    next += sampleEvery;
  },
});
console.log(JSON.stringify({ exitCode: summary.exitCode, samples }));
