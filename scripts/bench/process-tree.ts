import { readdirSync, readFileSync } from 'node:fs';

/**
 * Memory of a process and all its descendants in bytes, now: proportional set sizes, in which a page that several
 * processes share counts once.
 */
export function memoryOfTree(root: number): number {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(/^\d+ \(.*\) \S (\d+)/s.exec(read(`/proc/${name}/stat`))?.[1] ?? Number.NaN);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const sizeOf = (pid: number): number => {
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
