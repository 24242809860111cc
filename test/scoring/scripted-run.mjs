// A run with a scripted model in a process of its own, for tests that measure it.
// usage: node scripted-run.mjs '<json options>'; prints one JSON line at the end.
import { readdirSync } from 'node:fs';
import { createConfig } from '../../dist/src/config/create-config.js';
import { MultiModelBatchProcessor } from '../../dist/src/scoring/multi-model-batch-processor.js';

const options = JSON.parse(process.argv[2]);
const { input, output, models = ['a', 'b'], sampleEvery = 0 } = options;

async function* score(rows) {
  for await (const { row, text } of rows) {
    const flag = text.length % 2 === 0 ? 'good' : 'bad';
    const values = { flag, reasoning: `${text.length}`, tags: [], recommendation: 'x' };
    const raw = JSON.stringify(values);
    yield { row, status: 'ok', raw, values, confidence: 0.5, inputTokens: 1, outputTokens: 1 };
  }
}

const info = {
  source: '',
  revision: null,
  fingerprint: 'f',
  executionProvider: 'cpu',
  quantization: 'none',
  slots: 1,
  loadMs: 0,
};
const config = createConfig({ models: models.map((name) => ({ name, model_id: `owner/${name}` })) });
const processor = new MultiModelBatchProcessor(config, {
  loadModel: async (entry) => {
    return { info: { ...info, name: entry.name, modelId: entry.model_id }, score, dispose: async () => {} };
  },
});

/** Memory, processor time and open files as the run goes on. */
const samples = [];
function onProgress({ done }) {
  if (sampleEvery === 0 || done % sampleEvery !== 0) return;
  const { user, system } = process.cpuUsage();
  samples.push({
    done,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
    cpuSeconds: (user + system) / 1e6,
    openFiles: readdirSync('/proc/self/fd').length,
  });
}

try {
  const summary = await processor.processCsv({ inputPath: input, outputPath: output, onProgress });
  const maxRssMb = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ exitCode: summary.exitCode, maxRssMb, samples }));
} catch (error) {
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
