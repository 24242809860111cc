#!/usr/bin/env node
// What `npx run-scoring` starts. It is here before a build, so that npx finds it and need not ask anew after one.
import { existsSync } from 'node:fs';

const main = new URL('../dist/src/cli/main.js', import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  process.stderr.write('error: run-scoring is not built yet. Run npm ci && npm run build first. [NOT_BUILT]\n');
  process.exitCode = 2;
}
