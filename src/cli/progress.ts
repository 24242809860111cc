import { styled, type Terminal } from './terminal.js';

/** A bar is redrawn at most this often, a line is written this often. */
const REDRAW_MS = 100;
const LINE_MS = 5_000;

/** Where a model stands. `done` counts finished rows, those of an earlier, resumed run included. */
export interface Progress {
  readonly model: string;
  readonly done: number;
  /** Rows to do; undefined while it is unknown, as with stdin. */
  readonly total: number | undefined;
  readonly failed: number;
}

export interface ProgressReporter {
  update(progress: Progress): void;
  /** Writes one line above the bar. */
  note(line: string): void;
  /** Ends the bar of the current model. */
  end(): void;
}

export interface ProgressOptions {
  readonly terminal: Terminal;
  readonly write: (text: string) => void;
  /** Milliseconds of a clock that never goes back; replaced in tests. */
  readonly now?: () => number;
  readonly quiet?: boolean;
}

/** A bar on a terminal, otherwise one line every five seconds, always on the stream that `write` leads to. */
export function createProgress(options: ProgressOptions): ProgressReporter {
  const { terminal, write } = options;
  const now = options.now ?? (() => performance.now());
  if (options.quiet === true) return { update: () => {}, note: () => {}, end: () => {} };
  let model: string | undefined;
  let startedAt = 0;
  let doneAtStart = 0;
  let drawnAt = 0;
  let last: Progress | undefined;
  let drawn: Progress | undefined;

  const erase = () => {
    if (terminal.interactive && drawn !== undefined) write('\r\u001b[K');
  };
  const draw = (progress: Progress) => {
    const rate = rowsPerSecond(progress.done - doneAtStart, now() - startedAt);
    if (terminal.interactive) write(`\r${barLine(progress, rate, terminal)}\u001b[K`);
    else write(`${plainLine(progress, rate)}\n`);
    drawnAt = now();
    drawn = progress;
  };

  /** Leaves the last state of a model on a line of its own. */
  const close = () => {
    if (last !== undefined && drawn !== undefined && last !== drawn) draw(last);
    if (terminal.interactive && drawn !== undefined) write('\n');
    drawn = undefined;
  };

  return {
    update(progress) {
      if (progress.model !== model) {
        close();
        model = progress.model;
        startedAt = now();
        doneAtStart = progress.done;
        drawnAt = terminal.interactive ? Number.NEGATIVE_INFINITY : startedAt;
      }
      last = progress;
      if (now() - drawnAt >= (terminal.interactive ? REDRAW_MS : LINE_MS)) draw(progress);
    },
    note(line) {
      erase();
      write(`${line}\n`);
      if (terminal.interactive && drawn !== undefined) draw(drawn);
    },
    end() {
      close();
      model = undefined;
      last = undefined;
    },
  };
}

/** Undefined until there is something to measure. */
function rowsPerSecond(rows: number, ms: number): number | undefined {
  return rows > 0 && ms > 0 ? rows / (ms / 1000) : undefined;
}

function plainLine(progress: Progress, rate: number | undefined): string {
  const { model, done, total, failed } = progress;
  const count = total === undefined ? `${done} rows` : `${done}/${total} rows`;
  return [`${model}: ${count}`, ...measures(progress, rate), `failed ${failed}`].join(', ');
}

function barLine(progress: Progress, rate: number | undefined, terminal: Terminal): string {
  const { model, done, total, failed } = progress;
  const name = model.length > 16 ? `${model.slice(0, 15)}~` : model;
  const tail = [
    total === undefined ? `${done}` : `${done}/${total}`,
    ...measures(progress, rate),
    ...(failed > 0 ? [`failed ${failed}`] : []),
  ].join('  ');
  const room = terminal.width - 1 - name.length - tail.length - 5;
  const width = total === undefined || total === 0 || room < 8 ? 0 : Math.min(30, room);
  const filled = total === undefined || total === 0 ? 0 : Math.floor((Math.min(done, total) / total) * width);
  const bar = width === 0 ? ' ' : ` [${'#'.repeat(filled)}${'-'.repeat(width - filled)}] `;
  const line = `${name}${bar}${tail}`.slice(0, terminal.width - 1);
  return failed > 0 ? line.replace(/failed \d+$/, (text) => styled(text, 'yellow', terminal)) : line;
}

function measures(progress: Progress, rate: number | undefined): string[] {
  if (rate === undefined) return [];
  const list = [`${formatRate(rate)} rows/s`];
  if (progress.total !== undefined)
    list.push(`ETA ${formatDuration((progress.total - progress.done) / rate)}`);
  return list;
}

export function formatRate(rate: number): string {
  return rate >= 100 ? rate.toFixed(0) : rate >= 1 ? rate.toFixed(1) : rate.toPrecision(2);
}

/** Seconds as `0:09`, `12:30` or `3:05:00`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
