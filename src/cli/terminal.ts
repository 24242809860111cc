/** What may be written to a stream: cursor movements, colour, and how wide. */
export interface Terminal {
  /** A person watches and the terminal can redraw a line. */
  readonly interactive: boolean;
  readonly colour: boolean;
  /** Columns; 80 where it is unknown. */
  readonly width: number;
}

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Honours NO_COLOR (https://no-color.org), CI and TERM=dumb. */
export function detectTerminal(stream: Stream, env: Readonly<Record<string, string | undefined>>): Terminal {
  const isTerminal = stream.isTTY === true;
  const ci = env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false' && env['CI'] !== '0';
  const interactive = isTerminal && env['TERM'] !== 'dumb' && !ci;
  const noColour = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  const width = stream.columns !== undefined && stream.columns > 0 ? stream.columns : 80;
  return { interactive, colour: interactive && !noColour, width };
}

/** Wraps a text in an ANSI style when the terminal has colour. */
export function styled(text: string, style: 'bold' | 'red' | 'yellow', terminal: Terminal): string {
  if (!terminal.colour) return text;
  const code = { bold: 1, red: 31, yellow: 33 }[style];
  return `\u001b[${code}m${text}\u001b[0m`;
}
