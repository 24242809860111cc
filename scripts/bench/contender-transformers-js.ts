import { decoderFileName } from '../../src/checkpoint/decoder-contract.js';
import { answer, cpuSeconds, jobOfProcess } from './contender.js';
import { quantizationOf } from './make-model.js';
import { makeWorkload } from './workload.js';

/**
 * transformers.js `generate` on the same ONNX file, or on the float32 one where that is faster for it; prompts of like length together so that little is padded. Its cache
 * cannot be kept between calls, so each batch pays for the prefix. Output is cut to each row's own length afterwards.
 */
const job = jobOfProcess();
const transformers = await import('@huggingface/transformers');
const { AutoModelForCausalLM, Tensor, env } = transformers;
env.allowRemoteModels = false;
env.localModelPath = '';
const quantization = job.variant === 'float32' ? 'none' : quantizationOf(job.bits);
const file = decoderFileName(quantization).replace(/\.onnx$/, '');
const model = await AutoModelForCausalLM.from_pretrained(job.folder, {
  dtype: 'fp32',
  model_file_name: file,
  use_external_data_format: 1,
  session_options: { intraOpNumThreads: job.threads, interOpNumThreads: 1, logSeverityLevel: 4 },
  local_files_only: true,
} as object);
const { prefix, rows } = makeWorkload(job.rows);
const order = rows
  .map((row, index) => ({ row, index }))
  .sort((a, b) => a.row.tokens.length - b.row.tokens.length);
const firstTokens: number[][] = rows.map(() => []);
let prefillTokens = 0;
let decodeTokens = 0;

const cpu = cpuSeconds();
const started = performance.now();
for (let at = 0; at < order.length; at += job.batch) {
  const batch = order.slice(at, at + job.batch);
  const longest = Math.max(...batch.map(({ row }) => row.tokens.length)) + prefix.length;
  const ids = new BigInt64Array(batch.length * longest);
  const mask = new BigInt64Array(batch.length * longest);
  batch.forEach(({ row }, i) => {
    const tokens = [...prefix, ...row.tokens];
    const pad = longest - tokens.length;
    tokens.forEach((token, j) => {
      ids[i * longest + pad + j] = BigInt(token);
      mask[i * longest + pad + j] = 1n;
    });
  });
  const dims = [batch.length, longest];
  const most = Math.max(...batch.map(({ row }) => row.outputTokens));
  const output = (
    await (model as unknown as { generate(options: object): Promise<{ tolist(): bigint[][] }> }).generate({
      inputs: new Tensor('int64', ids, dims),
      attention_mask: new Tensor('int64', mask, dims),
      max_new_tokens: most,
      min_new_tokens: most,
      do_sample: false,
    })
  ).tolist();
  if (output.some((ids) => ids.length !== longest + most)) throw new Error('a row ended before its length');
  batch.forEach(({ row, index }, i) => {
    firstTokens[index] = output[i]!.slice(longest, longest + 8).map(Number);
    prefillTokens += prefix.length + row.tokens.length;
    decodeTokens += row.outputTokens;
  });
}
const seconds = (performance.now() - started) / 1000;
answer({ seconds, cpuSeconds: cpuSeconds() - cpu, prefillTokens, decodeTokens, firstTokens });
process.exit(0);
