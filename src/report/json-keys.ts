/**
 * Plain data for `--json`: the names of a report's own fields in snake_case, as the run's summary has them. Keys that come
 * from the user (models, labels, tags, statuses) stay as they are: they stand below the fields named here.
 */
const USER_KEYED = new Set(['labels', 'tags', 'statuses', 'confidence']);

export function toJsonLine(report: object): string {
  return `${JSON.stringify(toJson(report))}\n`;
}

export function toJson(report: object): object {
  return rename(report) as object;
}

function rename(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rename);
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'number' && Number.isFinite(value) ? Number(value.toPrecision(12)) : value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      USER_KEYED.has(key) && !Array.isArray(inner) ? inner : rename(inner),
    ]),
  );
}
