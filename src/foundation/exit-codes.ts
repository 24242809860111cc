/** What the process answers to the shell; documented in the README and stable across releases. */
export const ExitCode = {
  done: 0,
  /** Anything that is not one of the causes below: a defect of this program. */
  internal: 1,
  /** Command line or config. */
  usage: 2,
  input: 3,
  output: 4,
  /** No model could run at all. */
  noModel: 5,
  /** Finished, but some rows or models failed. */
  partial: 6,
  /** A quality gate (`--min-f1` and its like) was missed. */
  gate: 7,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
