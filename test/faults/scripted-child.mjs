// A child that answers by a script instead of running a model. The script is JSON in RUN_SCORING_FAULT_CHILD:
//   fault, row   what goes wrong, and with which row
//   shape        which piece of nonsense, for "garbage"
//   once         a file: the fault happens only while it does not exist, and creates it
//   paceMs       time that each answer takes
//   pauseAt      "load", "prefill" or "decode": writes the file `marker` there and waits for `pauseMs`
// An answer is a function of the model's name and the text alone.
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const script = JSON.parse(process.env.RUN_SCORING_FAULT_CHILD ?? '{}');
const GARBAGE = [
  null,
  42,
  'a text',
  {},
  { type: 'records' },
  { type: 'records', records: 'many' },
  { type: 'records', records: [null] },
  { type: 'records', records: [{ row: 'x', nonsense: true }] },
  { type: 'finished' },
  { type: 'note' },
];

let name = 'm';
let progress = 0;
let held = null;
let answered = 0;

const send = (message) => process.connected && process.send(message);
const sendRecords = (...records) => send({ type: 'records', records });

function record(row, text) {
  const digest = createHash('sha256').update(`${name}\0${text}`).digest();
  const tags = ['personal_information', 'poor_grammar'].filter((_, i) => (digest[i] & 1) === 1);
  const values = {
    flag: tags.length > 0 ? 'bad' : 'good',
    reasoning: `because ${digest.toString('hex', 4, 12)}, "so"`,
    tags,
    recommendation: 'none',
  };
  const raw = JSON.stringify(values);
  return { row, status: 'ok', raw, values, confidence: digest[6] / 255, inputTokens: 9, outputTokens: 5 };
}

function due(row) {
  if (script.fault === undefined || row !== script.row) return false;
  if (script.once === undefined) return true;
  if (existsSync(script.once)) return false;
  writeFileSync(script.once, '');
  return true;
}

async function pause(where) {
  if (script.pauseAt !== where) return;
  if (!existsSync(script.marker)) writeFileSync(script.marker, '');
  await sleep(script.pauseMs);
}

const FAULTS = {
  segfault: () => process.kill(process.pid, 'SIGSEGV'),
  exit: () => process.exit(0),
  stop: () => process.kill(process.pid, 'SIGSTOP'),
  freeze: () => {
    for (;;);
  },
  garbage: () => send(GARBAGE[script.shape]),
  refuse: () => send({ type: 'refused', code: 'MODEL_FAILED', message: 'no more', hint: null, at: {} }),
  twice: (answer) => sendRecords(answer, answer),
  unasked: (answer) => sendRecords({ ...answer, row: answer.row + 1000 }),
  order: (answer) => {
    held = answer;
  },
  silence: () => {},
  babble: () => setInterval(() => send({ type: 'alive', progress: progress++ }), 20),
};

/** Faults after which nothing more is said. */
const LAST = ['exit', 'stop', 'segfault', 'silence', 'babble', 'refuse'];
let silent = false;

async function answer({ row, text }) {
  if (answered === 0) await pause('prefill');
  if (answered === 2) await pause('decode');
  if (script.paceMs > 0) await sleep(script.paceMs);
  answered += 1;
  const own = record(row, text);
  if (due(row)) {
    silent = LAST.includes(script.fault);
    FAULTS[script.fault](own);
  } else if (held !== null) {
    sendRecords(own, held);
    held = null;
  } else sendRecords(own);
}

setInterval(() => send({ type: 'alive', progress }), 50).unref();
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit(0));

let work = Promise.resolve();
const then = (step) => {
  work = work.then(() => (silent ? undefined : step()));
};
process.on('message', (message) => {
  if (message.type === 'rows') for (const row of message.rows) then(() => answer(row));
  else if (message.type === 'end')
    then(() => {
      send({ type: 'finished' });
      setImmediate(() => process.disconnect?.());
    });
  else
    then(async () => {
      await pause('load');
      const { request } = message;
      name = request.name;
      const slots = request.batchSize === 'auto' ? 8 : request.batchSize;
      const info = { name, modelId: 'x', source: 'x', revision: null, fingerprint: 'f', loadMs: 1, slots };
      send({ type: 'loaded', info: { ...info, executionProvider: 'cpu', quantization: 'none' } });
    });
});
