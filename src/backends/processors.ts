import { readFileSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
};

/** Threads that may really run at once: processor affinity, cut by a container's quota, which ONNX Runtime ignores. */
export function usableThreads(): number {
  const processors = availableParallelism();
  const [quota, period] = (read('/sys/fs/cgroup/cpu.max') ?? 'max 100000').split(/\s+/);
  if (quota === undefined || quota === 'max') return processors;
  const share = Math.ceil(Number(quota) / Number(period ?? 100000));
  return Number.isFinite(share) && share > 0 ? Math.min(processors, share) : processors;
}

/** Bytes that can be taken without swapping: what the kernel calls available, or what a container's limit leaves. */
export function availableMemory(): number {
  const line = /^MemAvailable:\s+(\d+) kB$/m.exec(read('/proc/meminfo') ?? '');
  const machine = line === null ? freemem() : Number(line[1]) * 1024;
  const limit = read('/sys/fs/cgroup/memory.max');
  if (limit === null || limit === 'max') return machine;
  return Math.min(machine, Number(limit) - Number(read('/sys/fs/cgroup/memory.current') ?? 0));
}
