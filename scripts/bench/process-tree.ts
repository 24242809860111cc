import { readdirSync, readFileSync } from 'node:fs';

/** Largest resident set of each process seen, in bytes by process id; see {@link memoryOfTree}. */
export type Peaks = Map<number, number>;

/** CPU seconds of this process and of all its children that have ended, loading included. */
export function cpuSecondsWithChildren(): number {
  const { user, system } = process.cpuUsage();
  // Fields 16 and 17 of proc(5): cutime and cstime in ticks of a hundredth of a second, behind the name in brackets.
  const fields = read('/proc/self/stat')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (user + system) / 1e6 + (Number(fields[13]) + Number(fields[14])) / 100;
}

/**
 * Memory of a process and all its descendants in bytes, now: proportional set sizes, in which a page that several
 * processes share counts once. Takes each one's largest resident set so far (VmHWM) into `peaks`.
 */
export function memoryOfTree(root: number, peaks: Peaks = new Map()): number {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(/^\d+ \(.*\) \S (\d+)/s.exec(read(`/proc/${name}/stat`))?.[1] ?? Number.NaN);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const sizeOf = (pid: number): number => {
    const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
    peaks.set(pid, Math.max(peak, peaks.get(pid) ?? 0));
    const kilobytes = Number(/^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
    return kilobytes * 1024 + (children.get(pid) ?? []).reduce((sum, child) => sum + sizeOf(child), 0);
  };
  return sizeOf(root);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // gone in between
  }
}
