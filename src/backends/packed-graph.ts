import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { decodeModel, type NodeProto } from '../onnx/proto.js';
import { fileDigest } from './file-digest.js';

type Runtime = typeof import('onnxruntime-node');

/** Smaller tensors stay in the graph's own file. */
const SMALLEST_EXTERNAL_BYTES = '1024';

/**
 * A generation graph as ONNX Runtime optimised it for this processor, with the weights as its products read them in a
 * file of their own, beside the graph. Processes that load it map the same pages, so that each further one costs no copy
 * of the weights; loading is quicker too. Made on first use, checked by its hashes each time. It holds the weights
 * twice: as they are, and packed.
 *
 * @param graphPath a generation graph in a folder that can be written
 * @returns the file's path, to be opened with graph optimisation off; null where it cannot be made,
 *   as for products with blocks of four bits
 */
export async function packedGraphFile(runtime: Runtime, graphPath: string): Promise<string | null> {
  const folder = dirname(graphPath);
  const name = `${basename(graphPath, '.onnx')}-${await processorKey(runtime)}`;
  const files = [`${name}.data`, `${name}.onnx`];
  const checksums = join(folder, `${name}.sha256`);
  try {
    const expected = await readFile(checksums, 'utf8').catch(() => null);
    if (expected !== null && expected === (await digests(folder, files).catch(() => null)))
      return join(folder, files[1]!);

    if (await hasBlockQuantizedProducts(graphPath)) return null;
    const temporary = join(folder, `${name}.${process.pid}.tmp`);
    await mkdir(temporary, { recursive: true });
    try {
      const session = await runtime.InferenceSession.create(graphPath, {
        intraOpNumThreads: 1,
        logSeverityLevel: 4,
        optimizedModelFilePath: join(temporary, files[1]!),
        extra: {
          session: {
            save_external_prepacked_constant_initializers: '1',
            optimized_model_external_initializers_file_name: files[0]!,
            optimized_model_external_initializers_min_size_in_bytes: SMALLEST_EXTERNAL_BYTES,
          },
        },
      });
      await session.release();
      const made = await digests(temporary, files);
      for (const file of files) await rename(join(temporary, file), join(folder, file));
      await writeFile(join(temporary, 'sha256'), made);
      await rename(join(temporary, 'sha256'), checksums);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
    return join(folder, files[1]!);
  } catch {
    // A full disk, say: the graph itself serves as well, with more memory.
    return null;
  }
}

/** MatMulNBits answers wrongly from packed weights that were saved and loaded again (ONNX Runtime 1.30). */
async function hasBlockQuantizedProducts(path: string): Promise<boolean> {
  const isOne = (node: NodeProto): boolean =>
    node.opType === 'MatMulNBits' ||
    (node.attribute ?? []).some((attribute) => (attribute.g?.node ?? []).some(isOne));
  return (decodeModel(await readFile(path)).graph.node ?? []).some(isOne);
}

async function digests(folder: string, files: readonly string[]): Promise<string> {
  const all = await Promise.all(files.map((file) => fileDigest(join(folder, file))));
  return all.join('\n');
}

/** The packed form is for one kind of processor and one version of ONNX Runtime. */
async function processorKey(runtime: Runtime): Promise<string> {
  const features = /^(flags|Features)\s*:.*$/m.exec(await readFile('/proc/cpuinfo', 'utf8').catch(() => ''));
  return createHash('sha256')
    .update(JSON.stringify([process.arch, cpus()[0]?.model, features?.[0], runtime.env.versions]))
    .digest('hex')
    .slice(0, 12);
}
