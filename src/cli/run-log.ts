import { createWriteStream } from 'node:fs';
import { createLogger, type Logger } from '../foundation/logger.js';

/**
 * The `--log-file`: JSON lines, appended, readable by its owner only. A log that cannot be written is told once and
 * then forgotten; it never stops a run. Rows are named by number, never by their text.
 */
export function openRunLog(path: string | undefined, warn: (line: string) => void): Logger {
  if (path === undefined) return createLogger({ level: 'silent', destination: process.stderr });
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
  let told = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!told)
      warn(`The log file cannot be written (${error.code ?? error.name}); the run goes on without it.`);
    told = true;
  });
  return createLogger({ level: 'debug', destination: stream });
}
