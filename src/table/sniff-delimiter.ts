import { type CsvDialect, SNIFFED_DELIMITERS } from './csv-dialect.js';
import { RecordSplitter, type SplitRecord } from './record-splitter.js';

/** Enough for most headers; a longer one is looked for in the whole sample. */
const SHORT_SAMPLE_BYTES = 64 * 1024;
/** Rows that are compared when the header alone does not decide. */
const SAMPLE_ROWS = 100;

/**
 * Finds the delimiter from the front of the file. A header that names the wanted column decides at once: under a
 * wrong delimiter that name would be glued to its neighbours. Otherwise the delimiter wins under which the most rows
 * have as many cells as the header; a tie goes to more columns, then to the order of the list.
 */
export async function sniffDelimiter(
  sample: Buffer,
  dialect: Omit<CsvDialect, 'delimiter'>,
  column: string | undefined,
): Promise<string> {
  const short = sample.subarray(0, SHORT_SAMPLE_BYTES);
  return (
    (await sniff(short, dialect, column)) ?? (await sniff(sample, dialect, column)) ?? SNIFFED_DELIMITERS[0]
  );
}

/** Undefined when no delimiter gives a header. */
async function sniff(
  sample: Buffer,
  dialect: Omit<CsvDialect, 'delimiter'>,
  column: string | undefined,
): Promise<string | undefined> {
  let best: { delimiter: string; agreement: number; width: number } | undefined;
  for (const delimiter of SNIFFED_DELIMITERS) {
    const rows = await splitSample(sample, { ...dialect, delimiter });
    const header = rows[0];
    if (header === undefined) continue;
    if (column !== undefined && header.cells.length > 1 && header.cells.includes(column)) return delimiter;
    const width = header.cells.length;
    const agreement = width === 1 ? 0 : rows.filter((row) => row.cells.length === width).length / rows.length;
    if (
      best === undefined ||
      agreement > best.agreement ||
      (agreement === best.agreement && width > best.width)
    ) {
      best = { delimiter, agreement, width };
    }
  }
  return best?.delimiter;
}

/** Whole records only: the one that the sample cuts off is left out, and so is everything after broken quotes. */
async function splitSample(sample: Buffer, dialect: CsvDialect): Promise<SplitRecord[]> {
  const splitter = new RecordSplitter({
    dialect,
    file: '',
    onFault: 'refuse',
    maxRecordBytes: sample.length,
  });
  const { records, failure } = await splitter.push(sample);
  // A short file's header may be its last line; in a cut sample the last line is not whole.
  if (failure === undefined && sample.length < SHORT_SAMPLE_BYTES) {
    records.push(...(await splitter.push(undefined)).records);
  }
  return records.filter((record) => !record.blank).slice(0, SAMPLE_ROWS);
}
