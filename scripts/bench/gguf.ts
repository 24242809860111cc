import { open } from 'node:fs/promises';
import type { MatrixSource } from '../../src/onnx/weights.js';
import { rowChunks, Scratch } from '../../src/onnx/weights.js';
import { modelConfig, weights } from './weights.js';
import { makeVocabulary } from './workload.js';

/** GGUF 3 (github.com/ggml-org/ggml, docs/gguf.md): header, metadata, tensor list, tensors at multiples of 32 bytes. */
const F32 = 0;
const Q4_0 = 2;
const Q8_0 = 8;
const BLOCK = 32;
const BLOCK_BYTES: Record<number, number> = { [Q4_0]: 18, [Q8_0]: 34 };
const STRING = 8;

interface GgufTensor {
  readonly name: string;
  readonly source: MatrixSource;
  readonly type: number;
  /** One-dimensional. */
  readonly vector?: boolean;
}

/** Writes the benchmark's model for llama.cpp: Q8_0, or Q4_0 with the embedding in Q8_0. */
export async function writeGguf(path: string, bits: 8 | 4): Promise<void> {
  const tensors = modelTensors(bits === 8 ? Q8_0 : Q4_0);
  const offsets: number[] = [];
  let end = 0;
  for (const tensor of tensors) {
    offsets.push(end);
    end = Math.ceil((end + byteLength(tensor)) / 32) * 32;
  }
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    metadata(bits),
    ...tensors.map((tensor, i) => tensorInfo(tensor, offsets[i]!)),
  ]);
  const start = Math.ceil(header.length / 32) * 32;
  const file = await open(path, 'w');
  try {
    await file.write(header, 0, header.length, 0);
    const scratch = new Scratch();
    for (const [i, tensor] of tensors.entries()) {
      let at = start + offsets[i]!;
      for await (const { values, count } of rowChunks(tensor.source, scratch)) {
        const piece = encode(tensor, values.subarray(0, count * tensor.source.columns));
        await file.write(piece, 0, piece.length, at);
        at += piece.length;
      }
    }
    await file.truncate(start + end);
  } finally {
    await file.close();
  }
}

function modelTensors(type: number): GgufTensor[] {
  const { hidden_size: hidden, intermediate_size: ffn, num_hidden_layers: layers } = modelConfig;
  const {
    num_attention_heads: heads,
    num_key_value_heads: kv,
    head_dim: dim,
    vocab_size: vocab,
  } = modelConfig;
  const norm = (name: string): MatrixSource => ({
    rows: 1,
    columns: hidden,
    readRows: async () => weights.vector(name, hidden)(),
  });
  const out: GgufTensor[] = [
    { name: 'token_embd', source: weights.matrix('model.embed_tokens.weight', vocab, hidden), type: Q8_0 },
    { name: 'output_norm', source: norm('model.norm.weight'), type: F32, vector: true },
  ];
  for (let layer = 0; layer < layers; layer++) {
    const from = `model.layers.${layer}`;
    const matrix = (name: string, rows: number, columns: number): MatrixSource =>
      weights.matrix(`${from}.${name}.weight`, rows, columns);
    const add = (name: string, source: MatrixSource): void => {
      out.push({ name: `blk.${layer}.${name}`, source, type });
    };
    for (const [name, source] of [
      ['attn_norm', 'input_layernorm'],
      ['ffn_norm', 'post_attention_layernorm'],
    ] as const)
      out.push({
        name: `blk.${layer}.${name}`,
        source: norm(`${from}.${source}.weight`),
        type: F32,
        vector: true,
      });
    add('attn_q', interleaved(matrix('self_attn.q_proj', heads * dim, hidden), dim));
    add('attn_k', interleaved(matrix('self_attn.k_proj', kv * dim, hidden), dim));
    add('attn_v', matrix('self_attn.v_proj', kv * dim, hidden));
    add('attn_output', matrix('self_attn.o_proj', hidden, heads * dim));
    add('ffn_gate', matrix('mlp.gate_proj', ffn, hidden));
    add('ffn_up', matrix('mlp.up_proj', ffn, hidden));
    add('ffn_down', matrix('mlp.down_proj', hidden, ffn));
  }
  return out;
}

/** llama.cpp turns neighbouring values of a head, Hugging Face's layout turns value i with value i + dim / 2. */
function interleaved(source: MatrixSource, dim: number): MatrixSource {
  const { rows, columns } = source;
  return {
    rows,
    columns,
    async readRows(first, count) {
      const out = new Float32Array(count * columns);
      for (let row = first; row < first + count; row++) {
        const inHead = row % dim;
        const from = row - inHead + (inHead % 2) * (dim / 2) + Math.floor(inHead / 2);
        out.set((await source.readRows(from, 1)).subarray(0, columns), (row - first) * columns);
      }
      return out;
    },
  };
}

function byteLength({ source, type }: GgufTensor): number {
  const count = source.rows * source.columns;
  return type === F32 ? 4 * count : (count / BLOCK) * BLOCK_BYTES[type]!;
}

function encode({ type }: GgufTensor, values: Float32Array): Buffer {
  if (type === F32) return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const size = BLOCK_BYTES[type]!;
  const out = Buffer.alloc((values.length / BLOCK) * size);
  for (let block = 0; block * BLOCK < values.length; block++) {
    const from = block * BLOCK;
    const at = block * size;
    let extreme = 0;
    for (let i = 0; i < BLOCK; i++)
      if (Math.abs(values[from + i]!) > Math.abs(extreme)) extreme = values[from + i]!;
    const scale = type === Q8_0 ? Math.abs(extreme) / 127 : extreme / -8;
    const inverse = scale === 0 ? 0 : 1 / scale;
    out.writeUInt16LE(halfBits(scale), at);
    if (type === Q8_0) {
      for (let i = 0; i < BLOCK; i++) out.writeInt8(Math.round(values[from + i]! * inverse), at + 2 + i);
      continue;
    }
    const nibble = (i: number): number => Math.min(15, Math.floor(values[from + i]! * inverse + 8.5));
    for (let i = 0; i < BLOCK / 2; i++) out[at + 2 + i] = nibble(i) | (nibble(i + BLOCK / 2) << 4);
  }
  return out;
}

/** IEEE half precision of a normal number in its range. */
function halfBits(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const rounded = bits + 0x1000;
  const exponent = ((rounded >>> 23) & 0xff) - 112;
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((rounded >>> 13) & 0x3ff);
}

function tensorInfo({ name, source, type, vector }: GgufTensor, offset: number): Buffer {
  const dims = vector === true ? [source.columns] : [source.columns, source.rows];
  return Buffer.concat([text(`${name}.weight`), u32(dims.length), ...dims.map(u64), u32(type), u64(offset)]);
}

function metadata(bits: 8 | 4): Buffer {
  const c = modelConfig;
  const entries: Buffer[] = [];
  const add = (key: string, type: number, value: Buffer): void => {
    entries.push(Buffer.concat([text(key), u32(type), value]));
  };
  const addText = (key: string, value: string): void => add(key, STRING, text(value));
  const addCount = (key: string, value: number): void => add(key, 4, u32(value));
  const addReal = (key: string, value: number): void => add(key, 6, f32(value));
  const addArray = (key: string, type: number, values: Buffer[]): void =>
    add(key, 9, Buffer.concat([u32(type), u64(values.length), ...values]));
  addText('general.architecture', 'llama');
  addText('general.name', 'bench');
  addCount('general.file_type', bits === 8 ? 7 : 2);
  addCount('llama.block_count', c.num_hidden_layers);
  addCount('llama.context_length', c.max_position_embeddings);
  addCount('llama.embedding_length', c.hidden_size);
  addCount('llama.feed_forward_length', c.intermediate_size);
  addCount('llama.attention.head_count', c.num_attention_heads);
  addCount('llama.attention.head_count_kv', c.num_key_value_heads);
  addCount('llama.rope.dimension_count', c.head_dim);
  addCount('llama.vocab_size', c.vocab_size);
  addReal('llama.attention.layer_norm_rms_epsilon', c.rms_norm_eps);
  addReal('llama.rope.freq_base', c.rope_theta);
  // Token ids go in and come out; the vocabulary only has to be there.
  const tokens = makeVocabulary().map((_, id) => `<t${id}>`);
  addText('tokenizer.ggml.model', 'gpt2');
  addText('tokenizer.ggml.pre', 'default');
  addArray('tokenizer.ggml.tokens', STRING, tokens.map(text));
  addArray(
    'tokenizer.ggml.token_type',
    5,
    tokens.map((_, id) => u32(id < 3 ? 3 : 1)),
  );
  addArray('tokenizer.ggml.merges', STRING, [text('a b')]);
  addCount('tokenizer.ggml.bos_token_id', c.bos_token_id);
  addCount('tokenizer.ggml.eos_token_id', c.eos_token_id);
  return Buffer.concat([u64(entries.length), ...entries]);
}

function u32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
}

function u64(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out;
}

function f32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeFloatLE(value);
  return out;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}
