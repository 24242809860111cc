import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

const TOKEN = /hf_[A-Za-z0-9]{6,}/g;

/** Replaces anything shaped like a Hugging Face token. */
export function maskTokens(text: string): string {
  return text.replace(TOKEN, 'hf_***');
}

/**
 * Structured log lines (JSON). Every line is masked as a whole on its way out, so a token is hidden
 * wherever it stands: message, nested object, cause or stack (pino's own redaction knows fixed paths only).
 * A destination that cannot be written to never stops the run: its errors are dropped.
 */
export function createLogger(options: { level: string; destination: NodeJS.WritableStream }): Logger {
  const { destination } = options;
  destination.on('error', () => {});
  const masked: DestinationStream = { write: (line: string) => void destination.write(maskTokens(line)) };
  return pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, masked);
}
