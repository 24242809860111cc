import type { Reporter, TestCase, TestModule } from 'vitest/node';
import type { FaultLine } from './fault.js';

const COLUMNS = ['trials', 'survived', 'lost', 'duplicated', 'reordered', 'changed'] as const;

/** Ends a test run with the table of all faults that were tried, the rows that each has cost, and the sums. */
export default class FaultTableReporter implements Reporter {
  /** A long run shows how far it has come. */
  onTestCaseResult(test: TestCase): void {
    const { fault } = test.meta() as { fault?: FaultLine };
    if (fault === undefined || process.env['RUN_SCORING_FAULTS'] !== 'long') return;
    const { group, name, trials, survived, seconds } = fault;
    process.stdout.write(`${group}: ${name}: ${survived} of ${trials} survived, ${seconds.toFixed(1)} s\n`);
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines: FaultLine[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { fault } = test.meta() as { fault?: FaultLine };
        if (fault !== undefined) lines.push(fault);
      }
    }
    if (lines.length > 0) process.stdout.write(`\n${faultTable(lines)}\n`);
  }
}

export function faultTable(lines: readonly FaultLine[]): string {
  const sorted = [...lines].sort((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : 0));
  const label = (line: FaultLine): string => `${line.group}: ${line.name}`;
  const width = Math.max(...sorted.map((line) => label(line).length)) + 2;
  const row = (name: string, cells: readonly (string | number)[]): string =>
    name.padEnd(width) + cells.map((cell) => String(cell).padStart(11)).join('');
  const sum = (column: (typeof COLUMNS)[number]): number =>
    lines.reduce((total, line) => total + line[column], 0);
  const tried = sorted.filter((line) => line.skipped === null);
  const text = [
    row('fault', [...COLUMNS, 'seconds']),
    ...tried.map((line) =>
      row(label(line), [...COLUMNS.map((column) => line[column]), line.seconds.toFixed(1)]),
    ),
    row(`${tried.length} faults`, [
      ...COLUMNS.map(sum),
      tried.reduce((total, line) => total + line.seconds, 0).toFixed(1),
    ]),
    ...sorted
      .filter((line) => line.skipped !== null)
      .map((line) => `not tried here: ${label(line)} (${line.skipped})`),
    sum('trials') === sum('survived') ? 'All survived.' : `NOT SURVIVED: ${sum('trials') - sum('survived')}`,
  ];
  return text.join('\n');
}
