import { RunScoringError } from '../foundation/errors.js';
import { nearestName } from '../foundation/nearest-name.js';
import { type EnsembleSettings, withEnsemble } from './ensemble-cells.js';
import type { Results } from './read-results.js';
import { models } from './row-doubts.js';

/**
 * @param header the table's columns, one of which may have been meant
 * @param joined the file that labels were to come from
 * @throws RunScoringError INPUT_COLUMN_MISSING, INPUT_NO_LABELS
 */
export function refuseUnlabelled(results: Results, header: readonly string[], joined?: string): void {
  const field = results.rubric.humanColumn;
  if (results.human === null) {
    const near = nearestName(field, header);
    const meant = near === undefined ? '' : `Did you mean ${JSON.stringify(near)}? `;
    throw new RunScoringError('INPUT_COLUMN_MISSING', 'The table has no column with labels by people.', {
      at: { file: results.file, line: 1, field },
      hint: `${meant}Name it as data.human_label_column in the config, or join labels with --labels.`,
    });
  }
  if (results.human.some((code) => code >= 0)) return;
  throw new RunScoringError('INPUT_NO_LABELS', 'No row has a label.', {
    at: { file: joined ?? results.file, field },
    hint: joined === undefined ? 'Fill the column in, or join labels with --labels.' : 'Fill the column in.',
  });
}

/** The table's own ensemble, the one asked for, or the majority where three can have one. */
export function voted(results: Results, asked: Partial<EnsembleSettings> = {}): Results {
  const { method, ...ties } = asked;
  if (method !== undefined) return withEnsemble(results, { method, ...ties });
  const own = results.raters.some((rater) => rater.kind === 'ensemble');
  return own || models(results).length < 3 ? results : withEnsemble(results, { method: 'majority', ...ties });
}

/** The raters of these names. @throws RunScoringError USAGE_OPTION */
export function chooseRaters(results: Results, names: readonly string[] | undefined): Results {
  if (names === undefined) return results;
  const unknown = names.find((name) => !results.raters.some((rater) => rater.name === name));
  if (unknown !== undefined) {
    throw new RunScoringError('USAGE_OPTION', `There is no model ${JSON.stringify(unknown)} to evaluate.`, {
      hint: `There are ${results.raters.map((rater) => rater.name).join(', ')}.`,
    });
  }
  return { ...results, raters: results.raters.filter((rater) => names.includes(rater.name)) };
}
