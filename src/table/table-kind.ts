/** What the ending of a file's name says: `text` for CSV and whatever says nothing, `other` for formats that are not handled. */
export type FileKind = 'text' | 'csv' | 'tsv' | 'jsonl' | 'xlsx' | 'parquet' | 'other';

const KINDS: Readonly<Record<string, FileKind>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  xlsx: 'xlsx',
  parquet: 'parquet',
  // Not JSON Lines, and not CSV.
  json: 'other',
  xls: 'other',
  xlsb: 'other',
  xlsm: 'other',
  ods: 'other',
  arrow: 'other',
  feather: 'other',
  gz: 'other',
  zip: 'other',
};

/** What a file holds, whatever its name says. `delimiter`: of a text. */
export interface TableLayout {
  readonly kind: FileKind;
  readonly delimiter?: string;
}

export function kindOfFile(path: string): FileKind {
  const ending = /\.([a-z]+)$/i.exec(splitSheet(path).path)?.[1]?.toLowerCase();
  return (ending === undefined ? undefined : KINDS[ending]) ?? 'text';
}

/** `people.xlsx#Profiles` names a sheet of a workbook. */
export function splitSheet(path: string): { path: string; sheet: string | undefined } {
  const parts = /^(.*?\.xlsx)#(.+)$/i.exec(path);
  return parts === null ? { path, sheet: undefined } : { path: parts[1]!, sheet: parts[2]! };
}
