import { type ConfigIssue, type ConfigPath, quote } from './config-issue.js';

/**
 * Settings that people bring along from other tools. Each gets a sentence of its own: a setting that has no effect
 * here is refused, never ignored.
 */
const GREEDY = 'Answers are always greedy, so that the same text gets the same answer.';
const SAMPLING_KEYS = [
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'typical_p',
  'repetition_penalty',
  'frequency_penalty',
  'presence_penalty',
  'no_repeat_ngram_size',
  'length_penalty',
  'early_stopping',
  'num_return_sequences',
  'diversity_penalty',
  'seed',
];

const MODEL_KEYS: Record<string, string> = {
  load_in_8bit: 'Use quantization: 8bit.',
  load_in_4bit: 'Use quantization: 4bit.',
  quantization_config: 'Use quantization: none, 8bit or 4bit.',
  trust_remote_code: 'Code from a model repository is never run.',
  dtype: 'Use torch_dtype.',
  device: 'Use device_map.',
  token: 'Use hf_token.',
  use_auth_token: 'Use hf_token.',
  attn_implementation: 'The attention is chosen by this program.',
  max_memory: 'A model runs on one device; it is not spread over several.',
  path: 'Write the folder as model_id, starting with ./ ../ or /.',
};

const GENERATION_KEYS: Record<string, string> = {
  ...Object.fromEntries(SAMPLING_KEYS.map((key) => [key, GREEDY])),
  max_length: 'Use max_input_tokens and max_new_tokens.',
  max_tokens: 'Use max_new_tokens.',
};

export function unsupportedKey(path: ConfigPath, key: string): ConfigIssue | undefined {
  const parent = path.slice(0, -1);
  if (parent.length === 0 && key === 'model') return undefined;
  const table =
    parent[0] === 'models' ? MODEL_KEYS : parent[0] === 'generation' ? GENERATION_KEYS : undefined;
  if (table === undefined || !Object.hasOwn(table, key)) return undefined;
  return {
    path,
    code: 'CONFIG_UNSUPPORTED',
    message: `The setting ${quote(key)} is not supported.`,
    hint: table[key]!,
    atKey: true,
  };
}

/** Values that other tools accept under the same key. */
export function unsupportedValue(path: ConfigPath, value: unknown): ConfigIssue | undefined {
  const unsupported = (message: string, hint: string): ConfigIssue => ({
    path,
    code: 'CONFIG_UNSUPPORTED',
    message,
    hint,
  });
  const last = path.at(-1);
  if (path[0] === 'generation' && last === 'num_beams' && typeof value === 'number') {
    return unsupported(`num_beams ${value} is not supported: there is no beam search.`, 'Set num_beams: 1.');
  }
  if (path[0] === 'generation' && last === 'do_sample' && value === true) {
    return unsupported('do_sample: true is not supported.', `${GREEDY} Set do_sample: false.`);
  }
  if (path[0] !== 'models' || typeof value !== 'string') return undefined;
  if (last === 'device_map' && /^(?:cuda:\d+|balanced.*|sequential|disk|mps|xpu)$/.test(value)) {
    const message = `device_map ${quote(value)} is not supported: a model runs on the CPU or on the first CUDA GPU.`;
    return unsupported(message, 'Use auto, cpu, cuda or cuda:0.');
  }
  if (
    last === 'torch_dtype' &&
    /^(?:torch\.)?(?:b?float16|half|float64|double|float8\w*|int8|uint8)$/.test(value)
  ) {
    const message = `torch_dtype ${quote(value)} is not supported.`;
    return unsupported(message, 'Use auto or float32; for 8 or 4 bits use quantization.');
  }
  if (last === 'torch_dtype' && value.startsWith('torch.')) {
    return unsupported(`torch_dtype ${quote(value)} is Python.`, `Write ${quote(value.slice(6))}.`);
  }
  return undefined;
}
