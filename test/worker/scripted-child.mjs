// A child that follows a script instead of running a model. The script is JSON in RUN_SCORING_TEST_CHILD:
//   { "dieOn": row, "freezeOn": row, "garbageOn": row, "twiceOn": row, "stopOn": row, "once": file, "mute": bool, "refuse": bool }
// With "once" a fault happens only while that file does not exist; the fault creates it.
import { existsSync, writeFileSync } from 'node:fs';

const script = JSON.parse(process.env.RUN_SCORING_TEST_CHILD ?? '{}');
const record = (row) => ({
  row,
  status: 'ok',
  raw: `{"flag":"good"}`,
  values: { flag: 'good' },
  confidence: 0.5,
  inputTokens: 3,
  outputTokens: 2,
});
const due = () => {
  if (script.once === undefined) return true;
  if (existsSync(script.once)) return false;
  writeFileSync(script.once, '');
  return true;
};

setInterval(() => process.connected && process.send({ type: 'alive', progress: 0 }), 50).unref();
process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  if (message.type === 'load') {
    if (script.refuse) {
      process.send({
        type: 'refused',
        code: 'MODEL_FILE_MISSING',
        message: 'no such file',
        hint: null,
        at: {},
      });
      return;
    }
    const info = {
      name: message.request.name,
      modelId: 'x',
      source: 'x',
      revision: null,
      fingerprint: 'f',
      executionProvider: 'cpu',
      quantization: 'none',
      slots: message.request.batchSize === 'auto' ? 8 : message.request.batchSize,
      loadMs: 1,
    };
    process.send({ type: 'loaded', info });
  } else if (message.type === 'rows') {
    for (const { row } of message.rows) {
      if (row === script.dieOn && due()) process.kill(process.pid, 'SIGSEGV');
      if (row === script.stopOn && due()) process.kill(process.pid, 'SIGSTOP');
      if (row === script.freezeOn && due()) for (;;);
      if (row === script.muteOn) return;
      if (row === script.garbageOn && due())
        process.send({ type: 'records', records: [{ row: 'x', nonsense: true }] });
      else
        process.send({
          type: 'records',
          records: row === script.twiceOn && due() ? [record(row), record(row)] : [record(row)],
        });
    }
  } else if (message.type === 'end') process.send({ type: 'finished' });
});
