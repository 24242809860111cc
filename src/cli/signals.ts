import { ExitCode } from '../foundation/exit-codes.js';

/** After this the process leaves even when a step does not end; what was journalled stays. */
const GRACE_MS = 9_000;

const CODES = { SIGINT: ExitCode.interrupted, SIGTERM: ExitCode.terminated, SIGHUP: 129 } as const;
type Stop = keyof typeof CODES;

export interface StopSignals {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
  /** 130 or 143 once a signal came (129 for a closed terminal), else undefined. */
  exitCode(): number | undefined;
  /** Takes the handlers off again. */
  release(): void;
}

/**
 * The first SIGINT, SIGTERM or SIGHUP asks the run to stop; it has nine seconds to save its place. The second one
 * ends the process at once.
 * @param onStop called once with the signal's name; `onForced` right before leaving without a clean end
 */
export function listenForStop(onStop: (name: string) => void, onForced: () => void): StopSignals {
  const controller = new AbortController();
  let code: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const leave = () => {
    onForced();
    process.exit(code);
  };
  const handle = (name: Stop) => {
    if (code !== undefined) return leave();
    code = CODES[name];
    timer = setTimeout(leave, GRACE_MS);
    timer.unref();
    onStop(name);
    controller.abort();
  };
  const names = Object.keys(CODES) as Stop[];
  for (const name of names) process.on(name, handle);
  return {
    signal: controller.signal,
    exitCode: () => code,
    release: () => {
      clearTimeout(timer);
      for (const name of names) process.off(name, handle);
    },
  };
}

/**
 * The line that goes on with this run, quoted for a POSIX shell.
 * @param underNpm started by npx or an npm script, outside of which the shell may not know the command
 */
export function resumeCommand(
  args: readonly string[],
  underNpm = process.env['npm_command'] !== undefined,
): string {
  const rest = args.filter((arg) => arg !== '--resume' && arg !== '--no-clobber');
  const line = ['run-scoring', ...rest, '--resume'].map(shellQuote).join(' ');
  return underNpm ? `npx ${line}` : line;
}

function shellQuote(arg: string): string {
  return /^[A-Za-z0-9_./:=,@%+-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}
