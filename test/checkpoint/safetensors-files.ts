import { mkdtempSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SampleTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'checkpoint-'));
}

export function float32Tensor(
  name: string,
  shape: readonly number[],
  values: Iterable<number>,
): SampleTensor {
  const array = Float32Array.from(values);
  return { name, dtype: 'F32', shape, bytes: new Uint8Array(array.buffer) };
}

/** A header that describes `tensors` one after the other. */
export function headerOf(tensors: readonly SampleTensor[]): Record<string, unknown> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const { name, dtype, shape, bytes } of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
  }
  return header;
}

/** A .safetensors file's bytes; `header` and `length` may tell lies. */
export function safetensorsBytes(
  tensors: readonly SampleTensor[],
  lies: { header?: unknown; length?: bigint } = {},
): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(lies.header ?? headerOf(tensors)));
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, lies.length ?? BigInt(json.length), true);
  return Buffer.concat([prefix, json, ...tensors.map((tensor) => tensor.bytes)]);
}

export async function writeSingle(
  folder: string,
  tensors: readonly SampleTensor[],
  lies: { header?: unknown; length?: bigint } = {},
): Promise<void> {
  await writeFile(join(folder, 'model.safetensors'), safetensorsBytes(tensors, lies));
}
