import { RunScoringError } from '../foundation/errors.js';
import { nearestName } from '../foundation/nearest-name.js';

/**
 * The position of the one column named `column`. Columns are known by position, never as keys of an object, so that
 * names such as `__proto__` and names that occur twice are harmless.
 * @throws RunScoringError INPUT_COLUMN_MISSING with the nearest name, INPUT_COLUMN_AMBIGUOUS
 */
export function findColumn(header: readonly string[], column: string, file: string, line = 1): number {
  const index = header.indexOf(column);
  const at = { file, line, field: column };
  if (index < 0) {
    const near = nearestName(column, header);
    const hints = [
      near === undefined
        ? `The header has ${header.length} ${header.length === 1 ? 'column' : 'columns'}.`
        : `Did you mean ${JSON.stringify(near)}?`,
      ...(header.some((name) => name.includes('\0'))
        ? ['The header holds NUL characters: the file may be UTF-16, try --encoding utf-16le.']
        : []),
    ];
    throw new RunScoringError('INPUT_COLUMN_MISSING', 'The header does not have this column.', {
      at,
      hint: hints.join(' '),
    });
  }
  if (header.indexOf(column, index + 1) >= 0) {
    throw new RunScoringError('INPUT_COLUMN_AMBIGUOUS', 'The header has this column more than once.', {
      at,
      hint: 'Rename one of them.',
    });
  }
  return index;
}
