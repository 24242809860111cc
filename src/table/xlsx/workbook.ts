import { RunScoringError } from '../../foundation/errors.js';
import { nearestName } from '../../foundation/nearest-name.js';
import { tooLarge } from '../damaged-file.js';
import { builtInFormat, momentParts } from './spreadsheet-dates.js';
import { StringArena } from './string-arena.js';
import { readWholeXml } from './xml-reader.js';
import type { ZipArchive } from './zip-archive.js';

/** Of the parts that say how the workbook is made, and of all texts of its table of shared texts. */
const MAX_INDEX_BYTES = 64 * 1024 ** 2;
const MAX_SHARED_BYTES = 512 * 1024 ** 2;
/** A workbook holds 64,000 cell styles and fewer sheets. */
const MAX_STYLES = 65_536;

export interface SheetPart {
  readonly name: string;
  readonly hidden: boolean;
  /** Its part of the zip file. */
  readonly path: string;
}

/** How the numbers of a cell style are shown. */
export interface CellFormat {
  readonly code: string;
  readonly moment: ReturnType<typeof momentParts>;
}

/** What is known of a workbook before its sheets are read. */
export interface Workbook {
  readonly sheets: readonly SheetPart[];
  /** Dates count from 1904. */
  readonly from1904: boolean;
  readonly formats: readonly CellFormat[];
  /** The texts that cells name by their number; read once, kept for the passes to come. */
  sharedTexts(): Promise<StringArena>;
}

/** @throws RunScoringError INPUT_DAMAGED, INPUT_TOO_LARGE */
export async function readWorkbook(zip: ZipArchive, file: string): Promise<Workbook> {
  const root = await readRelations(zip, '_rels/.rels', '', file);
  const path = root.find(({ type }) => type === 'officeDocument')?.path ?? 'xl/workbook.xml';
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const relations = await readRelations(
    zip,
    `${folder}_rels/${path.slice(folder.length)}.rels`,
    folder,
    file,
  );
  const partOf = (type: string) => relations.find((relation) => relation.type === type)?.path;
  const sheets: SheetPart[] = [];
  let from1904 = false;
  const open = (name: string, attributes: ReadonlyMap<string, string>) => {
    const given = attributes.get('date1904');
    if (name === 'workbookPr') from1904 = given === '1' || given === 'true';
    if (name !== 'sheet') return;
    // Sheets of charts and macros have other types.
    const relation = relations.find(({ id, type }) => id === attributes.get('id') && type === 'worksheet');
    if (relation === undefined) return;
    const hidden = (attributes.get('state') ?? 'visible') !== 'visible';
    sheets.push({ name: attributes.get('name') ?? '', hidden, path: relation.path });
  };
  await readWholeXml(zip.read(path, MAX_INDEX_BYTES), { open }, file);
  const styles = partOf('styles');
  let shared: Promise<StringArena> | undefined;
  return {
    sheets,
    from1904,
    // A part that is named and not there is damage: without its styles, a date would be read as a number.
    formats: styles === undefined ? [] : await readFormats(zip, styles, file),
    sharedTexts: () => {
      const part = partOf('sharedStrings');
      shared ??= part === undefined ? Promise.resolve(new StringArena()) : readShared(zip, part, file);
      return shared;
    },
  };
}

/** @throws RunScoringError INPUT_SHEET_MISSING */
export function chooseSheet(workbook: Workbook, name: string | undefined, file: string): SheetPart {
  const { sheets } = workbook;
  const wanted = name?.toLowerCase();
  const found =
    name === undefined
      ? (sheets.find((sheet) => !sheet.hidden) ?? sheets[0])
      : (sheets.find((sheet) => sheet.name === name) ??
        // Names of sheets differ by more than their case.
        sheets.find((sheet) => sheet.name.toLowerCase() === wanted));
  if (found !== undefined) return found;
  const near =
    name === undefined
      ? undefined
      : nearestName(
          name,
          sheets.map((sheet) => sheet.name),
        );
  throw new RunScoringError('INPUT_SHEET_MISSING', 'The workbook does not have this sheet.', {
    at: { file },
    hint:
      near === undefined
        ? `It has ${sheets.length} ${sheets.length === 1 ? 'sheet' : 'sheets'}.`
        : `Did you mean ${JSON.stringify(near)}?`,
  });
}

interface Relation {
  readonly id: string;
  /** The last part of the type's address. */
  readonly type: string;
  readonly path: string;
}

async function readRelations(
  zip: ZipArchive,
  part: string,
  folder: string,
  file: string,
): Promise<Relation[]> {
  const relations: Relation[] = [];
  if (!zip.has(part)) return relations;
  const open = (name: string, attributes: ReadonlyMap<string, string>) => {
    if (name !== 'Relationship' || attributes.get('TargetMode') === 'External') return;
    const type = attributes.get('Type') ?? '';
    const target = attributes.get('Target') ?? '';
    relations.push({
      id: attributes.get('Id') ?? '',
      type: type.slice(type.lastIndexOf('/') + 1),
      path: partPath(folder, target),
    });
  };
  await readWholeXml(zip.read(part, MAX_INDEX_BYTES), { open }, file);
  return relations;
}

function partPath(folder: string, target: string): string {
  const parts: string[] = [];
  for (const part of (target.startsWith('/') ? target : `${folder}${target}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

async function readFormats(zip: ZipArchive, part: string, file: string): Promise<CellFormat[]> {
  const own = new Map<number, string>();
  const ids: number[] = [];
  let inCells = false;
  const open = (name: string, attributes: ReadonlyMap<string, string>) => {
    const id = Number(attributes.get('numFmtId') ?? 0);
    if (name === 'numFmt') own.set(id, attributes.get('formatCode') ?? 'General');
    else if (name === 'cellXfs') inCells = true;
    else if (name === 'xf' && inCells) ids.push(id);
    if (ids.length > MAX_STYLES)
      throw tooLarge(file, 'The workbook has too many styles.', 'Save the sheet as CSV.');
  };
  const close = (name: string) => {
    if (name === 'cellXfs') inCells = false;
  };
  await readWholeXml(zip.read(part, MAX_INDEX_BYTES), { open, close }, file);
  const known = new Map<string, CellFormat>();
  return ids.map((id) => {
    const code = own.get(id) ?? builtInFormat(id);
    const format = known.get(code) ?? { code, moment: momentParts(code) };
    known.set(code, format);
    return format;
  });
}

async function readShared(zip: ZipArchive, part: string, file: string): Promise<StringArena> {
  const arena = new StringArena();
  const gathering = new TextGathering();
  await readWholeXml(
    zip.read(part),
    {
      open: (name) => gathering.open(name),
      text: (text) => gathering.text(text),
      close: (name) => {
        gathering.close(name);
        if (name !== 'si') return;
        arena.add(gathering.take());
        if (arena.bytes > MAX_SHARED_BYTES) {
          throw tooLarge(
            file,
            'The texts of the workbook are too large to be held in memory.',
            'Save the sheet as CSV.',
          );
        }
      },
    },
    file,
  );
  return arena;
}

/** Puts a text together from its runs (rich text), without the phonetic hints of East Asian texts. */
export class TextGathering {
  #text = '';
  #inText = false;
  #inHint = false;

  open(name: string): void {
    if (name === 'rPh') this.#inHint = true;
    else if (name === 't') this.#inText = true;
  }

  text(text: string): void {
    if (this.#inText && !this.#inHint) this.#text += text;
  }

  close(name: string): void {
    if (name === 'rPh') this.#inHint = false;
    else if (name === 't') this.#inText = false;
  }

  /** The text so far, which begins anew. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return unescapeText(text);
  }
}

/** Characters that XML cannot hold stand as `_xHHHH_` (ECMA-376, ST_Xstring). */
export function unescapeText(text: string): string {
  if (!text.includes('_x')) return text;
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}
