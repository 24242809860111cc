import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generator } from '../../src/onnx/random-weights.js';

/** Llama 3 8B as published, but for the number of layers. */
export const LLAMA_3_8B = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  bos_token_id: 128000,
  eos_token_id: 128009,
  hidden_act: 'silu',
  hidden_size: 4096,
  intermediate_size: 14336,
  max_position_embeddings: 8192,
  model_type: 'llama',
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-5,
  rope_scaling: null,
  rope_theta: 500000.0,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  vocab_size: 128256,
} as const;

const SHARD_BYTES = 5e9;
/** Values that tensors are cut from: making each anew would take far longer than writing them. */
const POOL_VALUES = 1 << 24;
const PIECE_BYTES = 8 << 20;

/**
 * Writes a checkpoint in Llama 3 8B's layout: true names, widths and shards, BF16.
 * @param sparse leaves the weights out of the files, which then take no room on the disk and read as zeros
 * @returns bytes of all weights
 */
export async function writeLargeCheckpoint(folder: string, layers: number, sparse = false): Promise<number> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...LLAMA_3_8B, num_hidden_layers: layers }));
  const tensors = tensorsOf(layers);
  const shards: { name: string; shape: number[] }[][] = [[]];
  let size = 0;
  for (const tensor of tensors) {
    const bytes = bytesIn(tensor);
    if (size > 0 && size + bytes > SHARD_BYTES) {
      shards.push([]);
      size = 0;
    }
    shards.at(-1)!.push(tensor);
    size += bytes;
  }
  const pool = sparse ? null : randomPool();
  const weightMap: Record<string, string> = {};
  const number = (n: number): string => String(n).padStart(5, '0');
  for (const [index, shard] of shards.entries()) {
    const name = `model-${number(index + 1)}-of-${number(shards.length)}.safetensors`;
    await writeShard(join(folder, name), shard, pool);
    for (const tensor of shard) weightMap[tensor.name] = name;
  }
  const total = tensors.reduce((sum, tensor) => sum + bytesIn(tensor), 0);
  await writeFile(
    join(folder, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: { total_size: total }, weight_map: weightMap }),
  );
  return total;
}

function tensorsOf(layers: number): { name: string; shape: number[] }[] {
  const { hidden_size: hidden, intermediate_size: inner, vocab_size: vocabulary } = LLAMA_3_8B;
  const keyValue = (hidden / LLAMA_3_8B.num_attention_heads) * LLAMA_3_8B.num_key_value_heads;
  const tensors: { name: string; shape: number[] }[] = [
    { name: 'model.embed_tokens.weight', shape: [vocabulary, hidden] },
  ];
  for (let layer = 0; layer < layers; layer++) {
    const add = (name: string, ...shape: number[]): void =>
      void tensors.push({ name: `model.layers.${layer}.${name}.weight`, shape });
    add('input_layernorm', hidden);
    add('mlp.down_proj', hidden, inner);
    add('mlp.gate_proj', inner, hidden);
    add('mlp.up_proj', inner, hidden);
    add('post_attention_layernorm', hidden);
    add('self_attn.k_proj', keyValue, hidden);
    add('self_attn.o_proj', hidden, hidden);
    add('self_attn.q_proj', hidden, hidden);
    add('self_attn.v_proj', keyValue, hidden);
  }
  tensors.push({ name: 'model.norm.weight', shape: [hidden] });
  tensors.push({ name: 'lm_head.weight', shape: [vocabulary, hidden] });
  return tensors;
}

const bytesIn = ({ shape }: { shape: readonly number[] }): number => 2 * shape.reduce((a, b) => a * b, 1);

async function writeShard(
  path: string,
  tensors: readonly { name: string; shape: number[] }[],
  pool: Uint8Array | null,
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const tensor of tensors) {
    const start = end;
    end += bytesIn(tensor);
    header[tensor.name] = { dtype: 'BF16', shape: tensor.shape, data_offsets: [start, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  const file = await open(path, 'w');
  try {
    await file.write(prefix, 0, 8, 0);
    await file.write(json, 0, json.length, 8);
    await file.truncate(8 + json.length + end);
    let at = 8 + json.length;
    for (const [index, tensor] of tensors.entries()) {
      const bytes = bytesIn(tensor);
      if (pool !== null) await writeFromPool(file, at, bytes, pool, index);
      at += bytes;
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeFromPool(
  file: Awaited<ReturnType<typeof open>>,
  at: number,
  bytes: number,
  pool: Uint8Array,
  index: number,
): Promise<void> {
  let from = (index * 7_368_787 * 2) % pool.length;
  for (let done = 0; done < bytes; ) {
    const count = Math.min(bytes - done, pool.length - from, PIECE_BYTES);
    await file.write(pool, from, count, at + done);
    done += count;
    from = (from + count) % pool.length;
  }
}

/** BF16 values of standard deviation 0.02. */
function randomPool(): Uint8Array {
  const next = generator(11);
  const value = new Float32Array(1);
  const halves = new Uint16Array(value.buffer);
  const pool = new Uint16Array(POOL_VALUES);
  for (let i = 0; i < pool.length; i++) {
    value[0] = (next() + next() + next() + next() - 2) * Math.sqrt(3) * 0.02;
    pool[i] = halves[1]!;
  }
  return new Uint8Array(pool.buffer);
}
