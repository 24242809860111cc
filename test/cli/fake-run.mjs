// The built command line with a scripted model in place of a child process: what a model does is told by the
// environment. Started by scripted-run.test.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { reportError } from '../../dist/src/cli/report-error.js';
import { run } from '../../dist/src/cli/run-command.js';
import { addRunOptions } from '../../dist/src/cli/run-options.js';
import { RunScoringError } from '../../dist/src/foundation/errors.js';

const delay = Number(process.env.FAKE_DELAY_MS ?? 0);
const failing = (process.env.FAKE_FAIL_LOAD ?? '').split(',');
const stubborn = process.env.FAKE_STUBBORN === '1';

process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

function answer(row, text) {
  const flag = text.length % 2 === 0 ? 'good' : 'bad';
  const values = {
    flag,
    reasoning: 'Because.',
    tags: flag === 'bad' ? ['poor_grammar'] : [],
    recommendation: 'None.',
  };
  return {
    row,
    status: 'ok',
    raw: JSON.stringify(values),
    values,
    confidence: 0.75,
    inputTokens: text.length,
    outputTokens: 9,
  };
}

async function loadModel(entry, _config, context) {
  if (failing.includes(entry.name))
    throw new RunScoringError('MODEL_MISSING', 'The model folder is not there.');
  context.note(`${entry.name}: scripted model`);
  return {
    info: {
      name: entry.name,
      modelId: entry.model_id,
      source: 'script',
      revision: null,
      fingerprint: 'f'.repeat(64),
      executionProvider: 'cpu',
      quantization: 'none',
      slots: 1,
      loadMs: 1,
    },
    async *score(rows, { signal } = {}) {
      for await (const { row, text } of rows) {
        if (signal?.aborted && !stubborn) return;
        if (stubborn) await sleep(60_000);
        if (delay > 0) await sleep(delay);
        if (process.env.FAKE_THROW === '1')
          throw new TypeError(`cannot read ${text}`, { cause: new Error(text) });
        const record = answer(row, text);
        yield text.includes('FAIL')
          ? { ...record, status: 'invalid_output', values: null, confidence: null }
          : record;
      }
    },
    async dispose() {},
  };
}

const args = process.argv.slice(2);
const command = addRunOptions(new Command()).parse(args, { from: 'user' });
try {
  process.exitCode = await run(command.opts(), args, loadModel);
} catch (error) {
  process.exitCode = await reportError(error);
}
