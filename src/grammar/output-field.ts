import { RunScoringError } from '../foundation/errors.js';

/** One member of the answer object. Structurally the config's own type; this folder knows no config. */
export type OutputField =
  | { readonly name: string; readonly type: 'enum'; readonly values: readonly string[] }
  | { readonly name: string; readonly type: 'string'; readonly max_tokens: number }
  | { readonly name: string; readonly type: 'string_list'; readonly values: readonly string[] };

/**
 * What every guarantee of this folder rests on. The config's schema is stricter; callers that bring fields of their
 * own meet these rules here.
 *
 * @throws RunScoringError CONFIG_INVALID
 */
export function checkFields(fields: readonly OutputField[]): void {
  if (fields.length === 0) throw invalid('There are no output fields.');
  const names = new Set(fields.map((field) => field.name));
  if (names.size !== fields.length) throw invalid('Two output fields share a name.');
  for (const field of fields) {
    if (!isCleanText(field.name)) throw invalid('A field name is not clean text.');
    if (field.type === 'string') {
      if (!Number.isInteger(field.max_tokens) || field.max_tokens < 1 || field.max_tokens > 1_000_000) {
        throw invalid('max_tokens must be a whole number from 1 to 1000000.', field.name);
      }
      continue;
    }
    if (field.values.length === 0) throw invalid('The list of labels is empty.', field.name);
    if (new Set(field.values).size !== field.values.length)
      throw invalid('A label stands twice.', field.name);
    if (!field.values.every(isCleanText)) {
      throw invalid('A label has a control character or half a surrogate pair.', field.name);
    }
  }
}

/** No control character (Unicode category Cc) and no half of a surrogate pair. */
function isCleanText(text: string): boolean {
  return !/[\p{Cc}\p{Cs}]/u.test(text);
}

function invalid(message: string, field?: string): RunScoringError {
  return new RunScoringError('CONFIG_INVALID', message, field === undefined ? {} : { at: { field } });
}
