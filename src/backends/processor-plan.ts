/** How one model is spread over the processors. */
export interface ProcessorPlan {
  /** Equal processes, each with the whole model. */
  readonly replicas: number;
  /** Threads in each. */
  readonly threads: number;
  /** Rows side by side in each. */
  readonly slots: number;
}

/**
 * Above this, the processors wait for memory to hand out weights rather than for each other, and copies of a model
 * would take the memory that other work needs.
 */
const LARGEST_REPLICATED = 512e6;
/** A process's own needs beside the weights, which it holds twice: as the file's pages and packed for its products. */
const PROCESS_BYTES = 400e6;

/**
 * A small model is run by one single-threaded process a processor: its matrix products last microseconds, and two
 * threads that meet after each of them do little more than one (measured on SmolLM2-135M shapes, two processors:
 * 1.1 to 1.3 times one thread's speed, where two processes reach 1.9). A large one gets all threads in one process.
 */
export function planProcessors(machine: {
  /** Processors that may be used. */
  readonly threads: number;
  readonly memoryBytes: number;
  readonly weightBytes: number;
  /** Rows side by side in all. */
  readonly slots: number;
}): ProcessorPlan {
  const { threads, memoryBytes, weightBytes, slots } = machine;
  const fitting = Math.floor(memoryBytes / 2 / (2 * weightBytes + PROCESS_BYTES));
  const most = weightBytes > LARGEST_REPLICATED ? 1 : Math.max(1, Math.min(threads, slots, fitting));
  const slotsOfEach = Math.ceil(slots / most);
  const replicas = Math.ceil(slots / slotsOfEach);
  return {
    replicas,
    threads: Math.max(1, Math.floor(threads / replicas)),
    slots: slotsOfEach,
  };
}
