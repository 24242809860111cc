import { ExitCode } from './exit-codes.js';

/** Where in the user's material an error sits. Lines and columns are 1-based; `row` counts data rows from 1. */
export interface Coordinates {
  file?: string;
  line?: number;
  column?: number;
  /** Path inside a YAML config, such as `models[1].name`. */
  configPath?: string;
  row?: number;
  /** Header or name of a table column. */
  field?: string;
}

/** Codes are stable: scripts may match on them. Prefix tells the exit code (see {@link exitCodeFor}). */
export type ErrorCode =
  | `USAGE_${string}`
  | `CONFIG_${string}`
  | `INPUT_${string}`
  | `OUTPUT_${string}`
  | `MODEL_${string}`
  | `INTERNAL_${string}`;

/**
 * An operator's failure: something the person running the program can mend.
 * A single row's failure is never thrown; it is data (see `scoring/record.ts`).
 * Messages never hold the text of a table cell or a token.
 */
export class RunScoringError extends Error {
  override readonly name = 'RunScoringError';
  readonly code: ErrorCode;
  readonly at: Coordinates;
  /** What to do about it, as one more sentence. */
  readonly hint: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { at?: Coordinates; hint?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.at = options.at ?? {};
    this.hint = options.hint;
  }

  get exitCode(): ExitCode {
    return exitCodeFor(this.code);
  }

  /** `file:line:column path: message. hint [CODE]` on one line. */
  toLine(): string {
    const { file, line, column, configPath, row, field } = this.at;
    const place = [file, line, column].filter((part) => part !== undefined).join(':');
    const inside = [
      configPath,
      row === undefined ? undefined : `row ${row}`,
      field === undefined ? undefined : `column ${JSON.stringify(field)}`,
    ].filter((part) => part !== undefined);
    const where = [place, ...inside].filter((part) => part !== '').join(' ');
    const text = this.hint === undefined ? this.message : `${this.message} ${this.hint}`;
    return `${where === '' ? '' : `${where}: `}${text} [${this.code}]`.replace(/\s*\n\s*/g, ' ');
  }
}

export function exitCodeFor(code: ErrorCode): ExitCode {
  if (code.startsWith('USAGE_') || code.startsWith('CONFIG_')) return ExitCode.usage;
  if (code.startsWith('INPUT_')) return ExitCode.input;
  if (code.startsWith('OUTPUT_')) return ExitCode.output;
  if (code.startsWith('MODEL_')) return ExitCode.noModel;
  return ExitCode.internal;
}
