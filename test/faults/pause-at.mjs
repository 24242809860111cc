// Preloaded into the parent: waits inside one kind of file-system call. RUN_SCORING_PAUSE is JSON:
//   { "call": "sync" | "write" | "rename", "file": part of its name, "nth": 1, "marker": file that is created, "pauseMs": 400 }
import { writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const { call, file, nth = 1, marker, pauseMs } = JSON.parse(process.env.RUN_SCORING_PAUSE);
let seen = 0;
async function pause(name, path) {
  if (name !== call || !String(path).includes(file)) return;
  seen += 1;
  if (seen !== nth) return;
  writeFileSync(marker, '');
  await sleep(pauseMs);
}

const { open, rename } = fs;
fs.open = async (path, ...rest) => {
  const handle = await open(path, ...rest);
  for (const name of ['write', 'sync']) {
    const original = handle[name].bind(handle);
    handle[name] = async (...args) => {
      await pause(name, path);
      return original(...args);
    };
  }
  return handle;
};
fs.rename = async (from, to) => {
  await pause('rename', from);
  return rename(from, to);
};
syncBuiltinESMExports();
