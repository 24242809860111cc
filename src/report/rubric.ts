import type { Config } from '../config/schema.js';
import { RunScoringError } from '../foundation/errors.js';
import type { LabelSet } from './label-codes.js';
import type { HeaderNames } from './results-header.js';

/** What of a config the reading of a scored table needs. */
export interface Rubric extends LabelSet, HeaderNames {}

/** Bits of a 32-bit number, less the sign. */
const MOST_TAGS = 31;

/**
 * The label is the output field `flag` where it has a list of labels, else the first field that has; tags are the field
 * `tags`, else the first list.
 * @throws RunScoringError CONFIG_NO_LABEL, CONFIG_POSITIVE_CLASS
 */
export function rubricOf(config: Config): Rubric {
  const { fields } = config.output;
  const enums = fields.filter((field) => field.type === 'enum');
  const label = enums.find((field) => field.name === 'flag') ?? enums[0];
  if (label === undefined) {
    throw new RunScoringError('CONFIG_NO_LABEL', 'No field of output.fields has type enum.', {
      hint: 'There is no label to compare.',
    });
  }
  const positive = config.evaluation.positive_class;
  if (!label.values.includes(positive)) {
    throw new RunScoringError(
      'CONFIG_POSITIVE_CLASS',
      `evaluation.positive_class is none of the labels of the field ${label.name}.`,
      { at: { configPath: 'evaluation.positive_class' }, hint: `Labels: ${label.values.join(', ')}.` },
    );
  }
  const lists = fields.filter((field) => field.type === 'string_list');
  const tags = lists.find((field) => field.name === 'tags') ?? lists[0];
  return {
    labelField: label.name,
    fields: fields.map((field) => field.name),
    labels: label.values,
    positive,
    tagsField: tags?.name ?? null,
    tags: (tags?.values ?? []).slice(0, MOST_TAGS),
    humanColumn: config.data.human_label_column,
    textColumn: config.data.dataset_column,
    outputColumn: config.data.output_column,
  };
}
