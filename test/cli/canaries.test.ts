import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { killAll, type RunSettings, run, SHIPPED, StartedRun } from '../faults/runs.js';
import { toCsv } from '../table/csv-text.js';
import { runScoring } from './run-dist.js';

/** Stands in every cell, in the names of two columns, and as the token. */
const CANARY = 'kanarienvogel';
const TOKEN = 'hf_kanarienvogelkanarienvogel';
let folder: string;
let settings: RunSettings;
const file = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'canaries-'));
  for (const name of ['home', 'cache', 'tmp']) mkdirSync(file(name));
  // A model folder of its own, so that what is kept beside a model is searched too.
  cpSync('data/models/scout', file('scout'), { recursive: true });
  rmSync(file('scout/generation-cache'), { recursive: true, force: true });
  writeFileSync(
    file('config.yaml'),
    `models:\n  - {name: m, model_id: ./scout}\n  - {name: gone, model_id: ./gone}\nhf_token: "\${HF_TOKEN}"\n`,
  );
  const rows = Array.from({ length: 400 }, (_, i) => [
    `${CANARY}${i}`,
    `My ${CANARY} ${i} is a "${CANARY}", call ${CANARY}@example.com\nor ${CANARY}.`,
    `${CANARY}`,
  ]);
  const table = toCsv([['id', 'about_me', 'note'], ...rows]);
  writeFileSync(file('in.csv'), table);
  writeFileSync(file('long.csv'), `${table}${CANARY},${CANARY},${CANARY},${CANARY}\n`);
  writeFileSync(file('quotes.csv'), `${table}"${CANARY}"${CANARY},${CANARY},${CANARY}\n`);
  writeFileSync(
    file('bytes.csv'),
    Buffer.concat([Buffer.from(`${table}${CANARY},`), Buffer.from([0xff, 0x2c, 10])]),
  );
  settings = {
    program: SHIPPED,
    input: file('in.csv'),
    config: file('config.yaml'),
    env: {
      HOME: file('home'),
      XDG_CACHE_HOME: file('cache'),
      TMPDIR: file('tmp'),
      HF_TOKEN: TOKEN,
      NODE_OPTIONS: '--trace-warnings --trace-uncaught',
    },
  };
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Paths below the folder that hold a canary, but for tables. */
function found(): string[] {
  const paths: string[] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || /\/(?:in|long|quotes|bytes|out[^/]*)\.csv$/.test(path)) continue;
    if (readFileSync(path).includes(CANARY)) paths.push(path);
  }
  return paths;
}

function mustBeSilent(...texts: readonly string[]): void {
  expect(texts.join('\n')).not.toContain(CANARY);
  expect(found()).toEqual([]);
}

const LOUD = ['--verbose', '--json', '--log-file', 'run.log', '--offline'];

it('no cell and no token is found in what an undisturbed run writes, but for its table', async () => {
  const { code, stdout, stderr } = await run(settings, file('out.csv'), LOUD);
  expect(code).toBe(6);
  expect(stderr).toContain('gone');
  mustBeSilent(stdout, stderr);
  const output = readFileSync(file('out.csv'), 'utf8');
  expect(output.split(CANARY).length).toBeGreaterThan(1_000);
  expect(output).not.toContain(TOKEN);
});

it.each(['SIGINT', 'SIGTERM', 'SIGKILL', 'child killed', 'SIGABRT', 'SIGSEGV'])(
  'nor after %s in the middle',
  async (how) => {
    const output = file(`out-${how.replace(' ', '-')}.csv`);
    const started = new StartedRun(settings, output, LOUD);
    await started.firstChild();
    await sleep(900);
    if (how === 'child killed') killAll(started.children());
    else started.signal(how as NodeJS.Signals, 'parent');
    const { stdout, stderr } = await started.ended;
    mustBeSilent(stdout, stderr);
  },
);

it.each(['long', 'quotes', 'bytes'])('nor when the input is refused (%s)', async (name) => {
  for (const more of [[], ['--on-bad-row', 'keep', '--limit', '3']]) {
    const { stdout, stderr } = await run(
      { ...settings, input: file(`${name}.csv`) },
      file(`out-${name}.csv`),
      [...LOUD, ...more],
    );
    mustBeSilent(stdout, stderr);
  }
});

it('nor when the table comes from a pipe and the column is not there', async () => {
  const line = ['--input', '-', '--output', file('out-pipe.csv'), '--config', file('config.yaml'), ...LOUD];
  const stdin = readFileSync(file('in.csv'), 'utf8').replace('about_me', 'aboutme');
  const { code, stdout, stderr } = await runScoring(line, { stdin, cwd: folder, env: { ...settings.env } });
  expect(code).toBe(3);
  mustBeSilent(stdout, stderr);
});
