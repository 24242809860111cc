import type { InferenceSession } from 'onnxruntime-node';
import { RunScoringError } from '../foundation/errors.js';
import { packedGraphFile } from './packed-graph.js';

type Runtime = typeof import('onnxruntime-node');

export interface SessionRequest {
  readonly graphPath: string;
  readonly device: 'cpu' | 'cuda';
  readonly threads: number;
  /** Several processes run the same graph at a time: they share the pages of its weights. */
  readonly shared: boolean;
}

/** Below this, a second copy of the weights costs less memory than its file is worth. */
export const SMALLEST_SHARED_BYTES = 64e6;

/**
 * Opens a generation graph in ONNX Runtime.
 * @throws RunScoringError MODEL_CUDA_UNAVAILABLE, MODEL_FILE_DAMAGED
 */
export async function openSession(runtime: Runtime, request: SessionRequest): Promise<InferenceSession> {
  const { graphPath, device, threads, shared } = request;
  const options: InferenceSession.SessionOptions = {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    extra: {
      session: {
        // Spinning threads fight each other on shared processors.
        intra_op: { allow_spinning: '0' },
        ...(device === 'cuda' ? { disable_cpu_ep_fallback: '0' } : {}),
      },
    },
  };
  const packed = shared && device === 'cpu' ? await packedGraphFile(runtime, graphPath) : null;
  if (packed !== null) {
    try {
      return await runtime.InferenceSession.create(packed, {
        ...options,
        graphOptimizationLevel: 'disabled',
      });
    } catch {
      // The graph it was made from serves as well.
    }
  }
  try {
    return await runtime.InferenceSession.create(graphPath, options);
  } catch (cause) {
    if (device === 'cuda') {
      throw new RunScoringError(
        'MODEL_CUDA_UNAVAILABLE',
        'CUDA was asked for, but ONNX Runtime cannot use it here.',
        {
          hint: 'Install the CUDA libraries as the README describes, or use --device cpu.',
          cause,
        },
      );
    }
    throw new RunScoringError('MODEL_FILE_DAMAGED', 'ONNX Runtime cannot load the generation graph.', {
      at: { file: graphPath },
      cause,
    });
  }
}
