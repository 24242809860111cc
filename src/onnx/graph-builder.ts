import {
  type AttributeProto,
  AttributeType,
  DataType,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './proto.js';

/** Plain values for node attributes; integers and floats are told apart by wrapping floats in {@link float}. */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | FloatAttribute
  | TensorProto
  | { graph: GraphProto };

export interface FloatAttribute {
  readonly float: number;
}
export const float = (value: number): FloatAttribute => ({ float: value });

export interface NodeOptions {
  /** Path-like name, such as `/layers.3/attention/out/MatMul`; defaults to a running number under the scope. */
  readonly name?: string;
  /** Number of outputs, or their names ('' leaves an optional output out). */
  readonly outputs?: number | readonly string[];
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

export const MICROSOFT = 'com.microsoft';

function toAttribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'number') return { name, type: AttributeType.int, i: value };
  if (typeof value === 'string')
    return { name, type: AttributeType.string, s: new TextEncoder().encode(value) };
  if (Array.isArray(value)) return { name, type: AttributeType.ints, ints: [...(value as number[])] };
  if ('float' in value) return { name, type: AttributeType.float, f: value.float };
  if ('graph' in value) return { name, type: AttributeType.graph, g: value.graph };
  return { name, type: AttributeType.tensor, t: value as TensorProto };
}

export function tensor(
  name: string,
  dataType: number,
  dims: readonly number[],
  bytes: Uint8Array,
): TensorProto {
  return { name, dataType, dims: [...dims], rawData: bytes };
}

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

export function int64Tensor(
  name: string,
  values: readonly number[],
  dims: readonly number[] = [values.length],
): TensorProto {
  return tensor(name, DataType.int64, dims, bytesOf(BigInt64Array.from(values, BigInt)));
}

export function floatTensor(
  name: string,
  values: readonly number[],
  dims: readonly number[] = [values.length],
): TensorProto {
  return tensor(name, DataType.float32, dims, bytesOf(Float32Array.from(values)));
}

export function valueInfo(
  name: string,
  elemType: number,
  dims: readonly (number | string)[],
): ValueInfoProto {
  const dim = dims.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/**
 * Grows one ONNX graph node by node. Every method returns the name of the value it made, so a graph reads like
 * the formula it computes. Small constants are shared by value.
 */
export class GraphBuilder {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  readonly inputs: ValueInfoProto[] = [];
  readonly outputs: ValueInfoProto[] = [];
  #counter = 0;
  #constants = new Map<string, string>();

  /** @param prefix stands before generated names, so that a subgraph's values never shadow the outer graph's. */
  constructor(
    readonly name: string,
    private readonly prefix = '',
  ) {}

  input(name: string, elemType: number, dims: readonly (number | string)[]): string {
    this.inputs.push(valueInfo(name, elemType, dims));
    return name;
  }

  output(name: string, elemType: number, dims: readonly (number | string)[]): string {
    this.outputs.push(valueInfo(name, elemType, dims));
    return name;
  }

  /** Adds a node and returns its output names. */
  nodeMany(opType: string, inputs: readonly string[], options: NodeOptions = {}): string[] {
    const name = options.name ?? `${this.prefix}/${opType}_${this.#counter++}`;
    const wanted = options.outputs ?? 1;
    const outputs =
      typeof wanted === 'number'
        ? Array.from({ length: wanted }, (_, i) => `${name}/output_${i}`)
        : wanted.map((output) => output);
    const node: NodeProto = { opType, name, input: [...inputs], output: outputs };
    if (options.domain !== undefined) node.domain = options.domain;
    if (options.attributes !== undefined) {
      node.attribute = Object.entries(options.attributes).map(([key, value]) => toAttribute(key, value));
    }
    this.nodes.push(node);
    return outputs;
  }

  /** Adds a node and returns its first output. */
  node(opType: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.nodeMany(opType, inputs, options)[0]!;
  }

  int64(...values: number[]): string {
    return this.#shared(`i64_${values.join('_')}`, (name) => int64Tensor(name, values));
  }

  int64Scalar(value: number): string {
    return this.#shared(`i64s_${value}`, (name) => int64Tensor(name, [value], []));
  }

  int32(...values: number[]): string {
    return this.#shared(`i32_${values.join('_')}`, (name) =>
      tensor(name, DataType.int32, [values.length], bytesOf(Int32Array.from(values))),
    );
  }

  float(value: number): string {
    return this.#shared(`f32_${value}`, (name) => floatTensor(name, [value]));
  }

  uint8Scalar(value: number): string {
    return this.#shared(`u8s_${value}`, (name) => tensor(name, DataType.uint8, [], Uint8Array.of(value)));
  }

  add = (a: string, b: string): string => this.node('Add', [a, b]);
  mul = (a: string, b: string): string => this.node('Mul', [a, b]);
  reshape = (x: string, ...shape: number[]): string => this.node('Reshape', [x, this.int64(...shape)]);
  unsqueeze = (x: string, ...axes: number[]): string => this.node('Unsqueeze', [x, this.int64(...axes)]);
  transpose = (x: string, ...perm: number[]): string => this.node('Transpose', [x], { attributes: { perm } });
  concat = (axis: number, ...parts: string[]): string => this.node('Concat', parts, { attributes: { axis } });
  cast = (x: string, to: number): string => this.node('Cast', [x], { attributes: { to } });
  /** Extent of one axis as an int64 tensor of shape [1]. */
  extent = (x: string, axis: number): string =>
    this.node('Shape', [x], { attributes: { start: axis, end: axis + 1 } });

  /** Rows of a graph's output are renamed by an Identity node: the value keeps its path-like name inside. */
  rename(value: string, name: string): string {
    return this.node('Identity', [value], { name: `${this.prefix}/rename/${name}`, outputs: [name] });
  }

  graph(): GraphProto {
    return {
      name: this.name,
      node: this.nodes,
      initializer: this.initializers,
      input: this.inputs,
      output: this.outputs,
    };
  }

  #shared(key: string, make: (name: string) => TensorProto): string {
    let name = this.#constants.get(key);
    if (name === undefined) {
      name = `${this.prefix}/constants/${key}`;
      this.#constants.set(key, name);
      this.initializers.push(make(name));
    }
    return name;
  }
}
