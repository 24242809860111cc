import { z } from 'zod';
import { DEFAULT_FIELDS, DEFAULT_SYSTEM_PROMPT, DEFAULT_USER_TEMPLATE } from './default-rubric.js';

/**
 * The shape of the YAML config, with the YAML's own snake_case names. Rules that look at more than one key
 * stand in `rules.ts`; sentences for people in `describe-issue.ts`. No transforms here, so that the JSON Schema
 * for editors can be generated from it.
 */

export const MAX_MODELS = 3;

/** Names become parts of column names and of file names: letters, digits, `_` and `-`, at most 40. */
export const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;
export const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_]{0,39}$/;
/** A branch, tag or commit of a hub repository. */
export const REVISION = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/;
/** Labels: printable, no quotes or backslashes, no white space at the ends, at most 64 characters. */
export const LABEL = /^(?!\s)[^\p{C}"\\]{1,64}(?<!\s)$/u;

const label = z.string().regex(LABEL);
const secret = z.string().max(1000).optional();

export const outputFieldSchema = z.discriminatedUnion('type', [
  z.strictObject({
    name: z.string().regex(FIELD_NAME),
    type: z.literal('enum'),
    values: z.array(label).min(1).max(64).describe('The allowed labels; the model must choose one.'),
  }),
  z.strictObject({
    name: z.string().regex(FIELD_NAME),
    type: z.literal('string'),
    max_tokens: z.int().min(1).max(4096).default(80).describe('Longest text, in tokens of the model.'),
  }),
  z.strictObject({
    name: z.string().regex(FIELD_NAME),
    type: z.literal('string_list'),
    values: z.array(label).min(1).max(16).describe('The allowed labels; each may appear at most once.'),
  }),
]);

export const modelEntrySchema = z.strictObject({
  name: z.string().regex(MODEL_NAME).describe('Short name; it becomes part of the output columns.'),
  enabled: z.boolean().default(true).describe('Only enabled models run.'),
  model_id: z
    .string()
    .max(1024)
    .default('')
    .describe(
      'A hub id (owner/name), or a folder that starts with ./ ../ or /. Relative folders start at the folder of this config file.',
    ),
  torch_dtype: z
    .enum(['auto', 'float32'])
    .default('auto')
    .describe('auto: as quantization says. float32: the same as quantization: none.'),
  device_map: z.enum(['auto', 'cpu', 'cuda', 'cuda:0']).default('auto').describe('Where the model runs.'),
  hf_token: secret.describe('Hub token for this model alone; better taken from an environment variable.'),
  revision: z.string().regex(REVISION).optional().describe('Branch, tag or commit of the hub repository.'),
  quantization: z
    .enum(['none', '8bit', '4bit'])
    .optional()
    .describe('Width of the weights. Left out: what the model folder holds.'),
  constrained: z
    .boolean()
    .default(true)
    .describe(
      'Hold the model to output.fields while it writes. false: it writes freely and the answer is parsed.',
    ),
});

export const generationSchema = z.strictObject({
  batch_size: z
    .union([z.literal('auto'), z.int().min(1).max(1024)])
    .default('auto')
    .describe('Rows scored side by side. Changes speed and memory, never the answers.'),
  max_input_tokens: z
    .int()
    .min(1)
    .max(131_072)
    .default(2000)
    .describe('Longest prompt, instruction and text together. A longer text is cut and its row marked.'),
  max_new_tokens: z.int().min(1).max(32_768).default(2000).describe('Longest answer, in tokens.'),
  do_sample: z
    .literal(false)
    .default(false)
    .describe('Only false: answers are always greedy and repeatable.'),
  num_beams: z.literal(1).default(1).describe('Only 1: beam search is not supported.'),
});

const columnName = z.string().min(1).max(256);

export const dataSchema = z.strictObject({
  dataset_column: columnName.default('about_me').describe('Input column that holds the text.'),
  output_column: columnName
    .default('about_me_processed')
    .describe('Raw answers go to <output_column>_<model name>.'),
  human_label_column: columnName.default('Human_flag').describe('Column with the labels that people gave.'),
});

export const configSchema = z.strictObject({
  models: z.array(modelEntrySchema).max(MAX_MODELS).default([]).describe('One to three models.'),
  hf_token: secret.describe('Hub token for all models; better taken from an environment variable.'),
  generation: generationSchema.prefault({}),
  data: dataSchema.prefault({}),
  evaluation: z
    .strictObject({
      positive_class: z
        .string()
        .min(1)
        .max(64)
        .default('bad')
        .describe('The label that evaluation looks for.'),
    })
    .prefault({}),
  ensemble: z
    .strictObject({
      method: z
        .enum(['majority', 'weighted', 'dawid-skene'])
        .default('majority')
        .describe('What a vote counts: one, what its model is worth, or both estimated together.'),
      ties: z
        .enum(['abstain', 'positive', 'confident'])
        .default('abstain')
        .describe(
          'A tie becomes "abstain", the positive class, or the label of the most confident of the tied models.',
        ),
    })
    .optional()
    .describe('Adds the vote of the models that run as columns. Left out: no vote.'),
  prompt: z
    .strictObject({
      system: z
        .string()
        .min(1)
        .max(50_000)
        .default(DEFAULT_SYSTEM_PROMPT)
        .describe('The instruction to the model.'),
      user_template: z
        .string()
        .max(20_000)
        .default(DEFAULT_USER_TEMPLATE)
        .describe('The message around the text; must hold {{text}} once.'),
    })
    .prefault({}),
  output: z
    .strictObject({
      fields: z
        .array(outputFieldSchema)
        .min(1)
        .max(16)
        .default(DEFAULT_FIELDS)
        .describe('What the model answers, in this order.'),
    })
    .prefault({}),
});

export type ConfigData = z.infer<typeof configSchema>;
export type Generation = ConfigData['generation'];
export type PromptSettings = ConfigData['prompt'];
export type OutputField = z.infer<typeof outputFieldSchema>;

export type ModelEntry = z.infer<typeof modelEntrySchema> & {
  /** Absolute folder when `model_id` is a path; absent for a hub id. */
  local_path?: string;
};

/**
 * A checked config. Deeply frozen. `hf_token` (here and in the entries) is not enumerable: printing, spreading or
 * serialising a config does not carry a token along; read it with `tokenFor` and hand it on explicitly.
 */
export interface Config extends Omit<ConfigData, 'models'> {
  models: ModelEntry[];
  /** The models that run, in the order of the file. */
  getEnabledModels(): ModelEntry[];
  /** @throws RunScoringError (CONFIG_…) when a rule does not hold. `loadConfig` has already called it. */
  validate(): void;
}
