import { parse } from 'csv-parse/sync';

/** What became of the rows of a table, set against the table that an undisturbed run gives. */
export interface Damage {
  lost: number;
  duplicated: number;
  reordered: number;
  /** Rows that are there once and hold something else. */
  changed: number;
}

/** One line of the fault table. */
export interface FaultFigures extends Damage {
  trials: number;
  survived: number;
}

const FAILURES_KEPT = 5;

/** Counts the trials of one fault. A trial survives when it throws nothing and every table in it is the wanted one. */
export class Trials {
  readonly figures: FaultFigures = {
    trials: 0,
    survived: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    changed: 0,
  };
  /** The first few, with where they happened. */
  readonly failures: string[] = [];

  async run(where: string, trial: () => Promise<void>): Promise<void> {
    this.figures.trials += 1;
    try {
      await trial();
      this.figures.survived += 1;
    } catch (error) {
      if (this.failures.length < FAILURES_KEPT) {
        const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.failures.push(`${where}: ${what}`);
      }
    }
  }

  /** Throws unless the table is the wanted one byte for byte; counts what happened to its rows. */
  same(actual: Buffer | string | undefined, wanted: Buffer | string): void {
    const [found, expected] = [String(actual ?? ''), String(wanted)];
    if (found === expected) return;
    const damage = damageOf(found, expected);
    for (const key of Object.keys(damage) as (keyof Damage)[]) this.figures[key] += damage[key];
    throw new Error(`another table: ${JSON.stringify(damage)}`);
  }
}

/** Compares by the first column, which names the row; read by csv-parse, which the product's reader does not use. */
export function damageOf(actual: string, wanted: string): Damage {
  const [found, expected] = [actual, wanted].map(dataRows) as [string[][], string[][]];
  const positions = new Map(expected.map((row, index) => [row[0], index]));
  const seen = new Map<string | undefined, string[]>();
  const damage: Damage = { lost: 0, duplicated: 0, reordered: 0, changed: 0 };
  let last = -1;
  for (const row of found) {
    if (seen.has(row[0])) damage.duplicated += 1;
    const position = positions.get(row[0]);
    if (position !== undefined && position < last) damage.reordered += 1;
    last = Math.max(last, position ?? last);
    seen.set(row[0], row);
  }
  for (const row of expected) {
    const counterpart = seen.get(row[0]);
    if (counterpart === undefined) damage.lost += 1;
    else if (JSON.stringify(counterpart) !== JSON.stringify(row)) damage.changed += 1;
  }
  return damage;
}

function dataRows(text: string): string[][] {
  const rows = parse(text, { relax_column_count: true, relax_quotes: true, bom: true }) as string[][];
  return rows.slice(1);
}

/** Throws with `message` unless `holds`. */
export function must(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}

/** Numbers in [0, 1) that depend on the seed alone. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
