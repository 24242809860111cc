import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FromChild, ToChild } from './protocol.js';

/** What a child did, as its session saw it. */
export type ChildEvent =
  | { readonly kind: 'message'; readonly message: FromChild }
  /** The process is gone. */
  | { readonly kind: 'exit'; readonly how: string }
  /** Nothing moved within the time given to {@link ChildSession.next}. */
  | { readonly kind: 'silence' }
  /** {@link ChildSession.nudge} was called. */
  | { readonly kind: 'nudged' }
  | { readonly kind: 'aborted' };

/** The compiled child. Under a test runner this file is TypeScript, and the child is the built one. */
function childScript(): string {
  const own = fileURLToPath(new URL('./main.js', import.meta.url));
  if (existsSync(own)) return own;
  return fileURLToPath(new URL('../../dist/src/worker/main.js', import.meta.url));
}

/** One life of a child process: messages out, events in, and an end that always comes. */
export class ChildSession {
  readonly #process: ChildProcess;
  readonly #events: ChildEvent[] = [];
  #wake: (() => void) | null = null;
  #nudged = false;
  readonly exited: Promise<void>;
  /** On the clock of `performance.now`, which nobody sets: a jump of the wall clock is no silence. */
  #movedAt = performance.now();
  #progress = -1;

  constructor(script: string | undefined) {
    this.#process = fork(script ?? childScript(), [], {
      serialization: 'advanced',
      // Whatever the runtime or a crash prints could quote a profile: nobody reads it.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: {
        ...process.env,
        // Lets glibc give memory back when a model's large buffers are freed.
        MALLOC_TRIM_THRESHOLD_: '131072',
        MALLOC_MMAP_THRESHOLD_: '131072',
      },
      // What a run hands over waits for a young collection before its memory is free: a small young space has many. And the
      // answers kept for duplicates come and go among older things: without compaction they leave holes, and a long run grows.
      execArgv: ['--max-semi-space-size=1', '--compact-on-every-full-gc'],
    });
    this.#process.on('message', (message) => {
      const said = message as FromChild;
      // A child that only says it is alive, without getting anywhere, is as good as silent.
      if (said?.type !== 'alive' || said.progress !== this.#progress) this.#movedAt = performance.now();
      if (said?.type === 'alive') this.#progress = said.progress;
      else this.#push({ kind: 'message', message: said });
    });
    // Without a listener a failed send or spawn would end the parent.
    this.#process.on('error', () => {});
    this.exited = new Promise((resolve) => {
      const gone = (how: string): void => {
        this.#push({ kind: 'exit', how });
        resolve();
      };
      this.#process.once('exit', (code, signal) => gone(signal ?? `exit code ${code}`));
      this.#process.once('error', () => {
        if (this.#process.pid === undefined) gone('it could not be started');
      });
    });
  }

  send(message: ToChild): void {
    this.#movedAt = performance.now();
    if (this.#process.connected) this.#process.send(message, () => {});
  }

  /** The next event, in order; `silence` once nothing moved for `silenceMs`, or at `deadline` (of `performance.now`, ms). */
  async next(
    silenceMs: number,
    signal?: AbortSignal,
    deadline = Number.POSITIVE_INFINITY,
  ): Promise<ChildEvent> {
    for (;;) {
      if (signal?.aborted === true) return { kind: 'aborted' };
      const event = this.#events.shift();
      if (event !== undefined) return event;
      if (this.#nudged) {
        this.#nudged = false;
        return { kind: 'nudged' };
      }
      const left = Math.min(this.#movedAt + silenceMs, deadline) - performance.now();
      if (left <= 0) return { kind: 'silence' };
      await this.#waitForEvent(left, signal);
    }
  }

  /** Ends a wait in {@link next}: the caller has something else to look at. */
  nudge(): void {
    this.#nudged = true;
    this.#wake?.();
  }

  /** Ends the process at once and waits until it is gone, which gives its memory back. */
  async kill(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill('SIGKILL');
    await this.exited;
  }

  #push(event: ChildEvent): void {
    this.#events.push(event);
    this.#wake?.();
  }

  #waitForEvent(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
      this.#wake = done;
    });
  }
}
