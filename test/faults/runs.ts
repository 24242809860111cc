import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MAIN } from '../cli/run-dist.js';
import { must, type Trials } from './trials.js';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
/** The command line with scripted children. */
export const SCRIPTED = file('./command-line.mjs');
/** The command line as it ships. */
export const SHIPPED = MAIN;

export interface RunSettings {
  readonly program: string;
  readonly input: string;
  readonly config: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Loaded before the parent's program. */
  readonly preload?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** A run in a process group of its own, with what a terminal would show of it. */
export class StartedRun {
  readonly #process: ChildProcess;
  readonly ended: Promise<Ended>;

  constructor(settings: RunSettings, output: string, more: readonly string[] = []) {
    const { program, input, config, env, preload } = settings;
    const started = performance.now();
    const before = preload === undefined ? [] : ['--import', file(preload)];
    const args = ['--input', input, '--output', output, '--config', config, '--multi-model', ...more];
    this.#process = spawn(process.execPath, [...before, program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      detached: true,
      cwd: dirname(input),
    });
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      this.#process[name]!.setEncoding('utf8').on('data', (chunk: string) => {
        text[name] += chunk;
      });
    // Not `close`: a child that outlives its parent for a moment may hold a pipe.
    this.ended = once(this.#process, 'exit').then(([code, signal]) => ({
      code,
      signal,
      ...text,
      seconds: (performance.now() - started) / 1000,
    }));
  }

  /** To the parent alone, or to all of its group, as Ctrl-C in a terminal does. */
  signal(name: NodeJS.Signals, whom: 'parent' | 'group'): void {
    const { pid } = this.#process;
    try {
      process.kill(whom === 'group' ? -pid! : pid!, name);
    } catch {
      // It has ended already.
    }
  }

  /** Resolves once there is a child, or the run is over. */
  async firstChild(): Promise<void> {
    let over = false;
    void this.ended.then(() => {
      over = true;
    });
    while (!over && this.children().length === 0) await sleep(5);
  }

  /** The processes that the run has started, as Linux knows them. */
  children(): number[] {
    return childrenOf(this.#process.pid!);
  }
}

function childrenOf(parent: number): number[] {
  const found: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(fields[1]) === parent) found.push(Number(name));
    } catch {
      // It has ended.
    }
  }
  return found;
}

export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }
}

export async function run(
  settings: RunSettings,
  output: string,
  more: readonly string[] = [],
): Promise<Ended> {
  return new StartedRun(settings, output, more).ended;
}

/** Waits for the file; false when the process ends before. */
export async function appears(path: string, ended: Promise<unknown>): Promise<boolean> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!existsSync(path)) {
    if (over) return existsSync(path);
    await sleep(3);
  }
  return true;
}

/** The same line with --resume must end well and give the wanted table; then everything of the run is removed. */
export async function resumeAndCompare(
  trials: Trials,
  settings: RunSettings,
  output: string,
  wanted: Buffer,
): Promise<void> {
  const { code, stderr } = await run(settings, output, ['--resume', '--quiet']);
  must(code === 0, `the resumed run ends with ${code}: ${stderr}`);
  trials.same(await readFile(output), wanted);
  const names = readdirSync(dirname(output));
  must(!names.some((name) => name.includes('draft')), 'a draft is left over');
  await rm(output);
  const own = `.${output.slice(dirname(output).length + 1)}.run-scoring`;
  await rm(join(dirname(output), own), { recursive: true, force: true });
}

/** A config of scripted models. */
export async function scriptedConfig(folder: string, names = ['a', 'b'], extra = ''): Promise<string> {
  const path = join(folder, 'config.yaml');
  const models = names.map((name) => `  - {name: ${name}, model_id: ./${name}}\n`);
  await writeFile(path, `models:\n${models.join('')}generation: {batch_size: 4}\n${extra}`);
  return path;
}
