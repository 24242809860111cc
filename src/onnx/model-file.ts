import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeModel, type GraphProto, type ModelProto, type TensorProto } from './proto.js';
import { Scratch, type WeightGroup, type WeightTensor } from './weights.js';

/** ONNX 1.16: the newest pair that every runtime of the last two years reads. */
const IR_VERSION = 10;
const OPSET = 21;

/** A protobuf message ends at 2 GB; well before that, weights go to a file beside the model. */
const INLINE_LIMIT = 64 << 20;
/** Weights of their own pages can be mapped into memory by the runtime. */
const ALIGNMENT = 4096;

export function modelProto(graph: GraphProto, metadata: Readonly<Record<string, string>> = {}): ModelProto {
  return {
    irVersion: IR_VERSION,
    producerName: 'wfa-profile-analyzer',
    graph,
    opsetImport: [
      { domain: '', version: OPSET },
      { domain: 'com.microsoft', version: 1 },
    ],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  };
}

export type WriteProgress = (writtenBytes: number, totalBytes: number) => void;

/** Writes all groups' bytes to the file at `path`, which exists and is empty, each at the offset `layOut` gives it. */
export type FillData = (
  path: string,
  groups: readonly WeightGroup[],
  report: (bytes: number) => void,
) => Promise<void>;

/**
 * Writes `<folder>/<fileName>`, and `<fileName>_data` beside it when the weights are large. Both appear by rename,
 * the weights first, so a model file that exists is whole. Memory stays at one weight group's piece.
 * @returns names of the files written
 */
export async function writeModelFile(
  folder: string,
  fileName: string,
  definition: { graph: GraphProto; weights: readonly WeightGroup[] },
  onProgress: WriteProgress = () => {},
  fill: FillData = fillInTurn,
): Promise<string[]> {
  const tensors = definition.weights.flatMap((group) => group.tensors);
  const total = tensors.reduce((sum, tensor) => sum + tensor.byteLength, 0);
  const modelPath = join(folder, fileName);
  const temporary = `${modelPath}.${process.pid}.tmp`;
  const dataName = `${fileName}_data`;
  const dataPath = join(folder, dataName);
  const temporaryData = `${dataPath}.${process.pid}.tmp`;
  let written = 0;
  const report = (bytes: number): void => {
    written += bytes;
    onProgress(written, total);
  };
  try {
    if (total <= INLINE_LIMIT) {
      const inline = await collect(definition.weights, report);
      await writeDurably(temporary, encodeModel(modelProto(withWeights(definition.graph, inline))));
      await rename(temporary, modelPath);
      return [fileName];
    }
    const offsets = layOut(tensors);
    const file = await open(temporaryData, 'wx', 0o644);
    try {
      const flush = flushing(file);
      await fill(temporaryData, definition.weights, (bytes) => {
        report(bytes);
        flush.written(bytes);
      });
      await flush.ended();
      await file.sync();
    } finally {
      await file.close();
    }
    const external = tensors.map((tensor, i) => externalTensor(tensor, dataName, offsets[i]!));
    await writeDurably(temporary, encodeModel(modelProto(withWeights(definition.graph, external))));
    await rename(temporaryData, dataPath);
    await rename(temporary, modelPath);
    return [fileName, dataName];
  } catch (error) {
    await rm(temporary, { force: true });
    await rm(temporaryData, { force: true });
    throw error;
  }
}

/** Written bytes after which the disk is set to work. */
const FLUSH_BYTES = 128 << 20;

/**
 * Has the system write to the disk while more is computed. Left alone it would collect gigabytes, and the disk would
 * begin when the processors are done.
 */
function flushing(file: FileHandle): { written(bytes: number): void; ended(): Promise<void> } {
  let waiting = 0;
  let running: Promise<void> | null = null;
  let failure: { readonly cause: unknown } | null = null;
  return {
    written(bytes) {
      waiting += bytes;
      if (waiting < FLUSH_BYTES || running !== null) return;
      waiting = 0;
      running = file
        .datasync()
        .catch((cause: unknown) => {
          // A disk says only once that it could not take something.
          failure = { cause };
        })
        .finally(() => {
          running = null;
        });
    },
    async ended() {
      await running;
      if (failure !== null) throw failure.cause;
    },
  };
}

/** Writes one group after the other, in this thread. */
const fillInTurn: FillData = async (path, groups, report) => {
  const scratch = new Scratch();
  const file = await open(path, 'r+');
  try {
    for (const [index, offsets] of groupOffsets(groups).entries())
      await writeGroup(file, groups[index]!, offsets, scratch, report);
  } finally {
    await file.close();
  }
};

/** Writes one group's tensors at their offsets. A system may take less than it is given: the rest follows. */
export async function writeGroup(
  file: FileHandle,
  group: WeightGroup,
  offsets: readonly number[],
  scratch: Scratch,
  report: (bytes: number) => void,
): Promise<void> {
  await group.write(async (index, byteOffset, bytes) => {
    for (let done = 0; done < bytes.byteLength; ) {
      const place = offsets[index]! + byteOffset + done;
      done += (await file.write(bytes, done, bytes.byteLength - done, place)).bytesWritten;
    }
    report(bytes.byteLength);
  }, scratch);
}

/** The whole model as one message, for small models and tests. */
export async function modelBytes(definition: {
  graph: GraphProto;
  weights: readonly WeightGroup[];
}): Promise<Uint8Array> {
  return encodeModel(modelProto(withWeights(definition.graph, await collect(definition.weights, () => {}))));
}

function withWeights(graph: GraphProto, weights: readonly TensorProto[]): GraphProto {
  return { ...graph, initializer: [...(graph.initializer ?? []), ...weights] };
}

async function collect(
  groups: readonly WeightGroup[],
  report: (bytes: number) => void,
): Promise<TensorProto[]> {
  const out: TensorProto[] = [];
  const scratch = new Scratch();
  for (const group of groups) {
    const buffers = group.tensors.map((tensor) => new Uint8Array(tensor.byteLength));
    await group.write((index, byteOffset, bytes) => {
      buffers[index]!.set(bytes, byteOffset);
      report(bytes.byteLength);
    }, scratch);
    group.tensors.forEach((tensor, i) => {
      out.push({
        name: tensor.name,
        dataType: tensor.dataType,
        dims: [...tensor.dims],
        rawData: buffers[i]!,
      });
    });
  }
  return out;
}

/** Offsets of each group's tensors in the data file. */
export function groupOffsets(groups: readonly WeightGroup[]): number[][] {
  const offsets = layOut(groups.flatMap((group) => group.tensors));
  let end = 0;
  return groups.map(({ tensors }) => {
    end += tensors.length;
    return offsets.slice(end - tensors.length, end);
  });
}

function layOut(tensors: readonly WeightTensor[]): number[] {
  let end = 0;
  return tensors.map((tensor) => {
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    end = offset + tensor.byteLength;
    return offset;
  });
}

function externalTensor(tensor: WeightTensor, location: string, offset: number): TensorProto {
  return {
    name: tensor.name,
    dataType: tensor.dataType,
    dims: [...tensor.dims],
    dataLocation: 1,
    externalData: [
      { key: 'location', value: location },
      { key: 'offset', value: String(offset) },
      { key: 'length', value: String(tensor.byteLength) },
    ],
  };
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
