/** What a contender is asked to do; it runs in a process of its own. */
export interface Job {
  readonly folder: string;
  /** Of a weight; 32: float32, to compare labels with. */
  readonly bits: 32 | 8 | 4;
  readonly rows: number;
  readonly threads: number;
  /** Rows side by side. */
  readonly batch: number;
  /** A choice that only this contender knows, such as a file or a number format. */
  readonly variant?: string;
}

/** What it answers, as one line of JSON on its standard output. Loading is in none of the figures. */
export interface Result {
  readonly seconds: number;
  /** Of the process and all its children. */
  readonly cpuSeconds: number;
  readonly prefillTokens: number;
  readonly decodeTokens: number;
  /** Wall-clock time of the two phases, where the contender can tell them apart; summed over its processes. */
  readonly prefillSeconds?: number;
  readonly decodeSeconds?: number;
  /** Processes that worked side by side; 1 where it is not said. */
  readonly processes?: number;
  /** First generated tokens of each row, to see that all compute the same. */
  readonly firstTokens: readonly (readonly number[])[];
  /** Label of each row, where the contender has the grammar. */
  readonly labels?: readonly string[];
}

export function jobOfProcess(): Job {
  return JSON.parse(process.argv[2]!) as Job;
}

export function answer(result: Result): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
