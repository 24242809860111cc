/** What the ending of a file's name says: `text` for CSV and whatever says nothing, `other` for formats that are not handled. */
export type FileKind = 'text' | 'csv' | 'tsv' | 'jsonl' | 'other';

const KINDS: Readonly<Record<string, FileKind>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  xlsx: 'other',
  xls: 'other',
  ods: 'other',
  parquet: 'other',
  arrow: 'other',
  feather: 'other',
  gz: 'other',
  zip: 'other',
};

export function kindOfFile(path: string): FileKind {
  // file.xlsx#Sheet names a sheet
  const ending = /\.([a-z]+)(?:#.*)?$/i.exec(path)?.[1]?.toLowerCase();
  return (ending === undefined ? undefined : KINDS[ending]) ?? 'text';
}
