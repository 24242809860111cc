import { type ErrorCode, RunScoringError } from '../foundation/errors.js';

export type ConfigPath = readonly (string | number)[];

/** One thing wrong with a config, before it is known where in a file it stands. */
export interface ConfigIssue {
  readonly path: ConfigPath;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  /** The issue is about the key itself, not about its value. */
  readonly atKey?: boolean;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Finds the place of a path in the file; undefined when the config did not come from a file. */
export type Locate = (path: ConfigPath, atKey: boolean) => Position | undefined;

/** `['models', 1, 'name']` -> `models[1].name`. */
export function formatPath(path: ConfigPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${quote(part)}]`;
  }
  return text;
}

/** A short printable form of something from the config; long values and anything like a token are hidden. */
export function quote(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  if (typeof value !== 'string') return Array.isArray(value) ? 'a list' : 'a group of keys';
  if (/hf_[A-Za-z0-9]{4}/.test(value)) return 'a hidden value';
  const short = value.length > 60 ? `${value.slice(0, 57)}...` : value;
  return JSON.stringify(short);
}

/** The first issue as an error; the number of the others is told, so that nobody thinks one edit mends all. */
export function issuesToError(
  issues: readonly ConfigIssue[],
  file?: string,
  locate?: Locate,
): RunScoringError {
  const placed = issues.map((issue) => ({ issue, position: locate?.(issue.path, issue.atKey === true) }));
  // An unknown key comes first: it often explains why another one is missing. Then the order of the file.
  const order = (p: Position | undefined) => (p === undefined ? 0 : p.line * 100_000 + p.column);
  placed.sort((a, b) => {
    const keysFirst = Number(b.issue.atKey === true) - Number(a.issue.atKey === true);
    return keysFirst === 0 ? order(a.position) - order(b.position) : keysFirst;
  });
  const { issue, position } = placed[0]!;
  const more = placed.length - 1;
  const rest = more === 0 ? undefined : `(${more} more problem${more === 1 ? '' : 's'} in this config.)`;
  const hint = [issue.hint, rest].filter((part) => part !== undefined).join(' ');
  return new RunScoringError(issue.code, issue.message, {
    at: {
      ...(file === undefined ? {} : { file }),
      ...(position ?? {}),
      ...(issue.path.length === 0 ? {} : { configPath: formatPath(issue.path) }),
    },
    ...(hint === '' ? {} : { hint }),
  });
}
