import type { DecoderAnatomy } from './decoder-anatomy.js';
import type { GraphBuilder } from './graph-builder.js';
import type { NodeProto } from './proto.js';

/** The attention part of a loop body; one of `cascadeBody` and `rowwiseBody`. */
export interface BodyAttention {
  /** Values the loop carries for attention: initial value in the outer graph, input and output name in the body. */
  readonly carried: readonly {
    initial: string;
    input: string;
    output: string;
    dims: readonly (number | string)[];
  }[];
  /** The decoder's nodes as they stand in the body. */
  readonly nodes: readonly NodeProto[];
  /** Adds the run's fresh keys and values to the outer graph's outputs, from the loop's final values. */
  finish(outer: GraphBuilder, finalValues: readonly string[]): void;
}

export interface BodyContext {
  readonly outer: GraphBuilder;
  readonly body: GraphBuilder;
  readonly anatomy: DecoderAnatomy;
}
