const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const OF_WORKBOOK = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/** Where the one sheet stands in the zip file. */
export const SHEET_PART = 'xl/worksheets/sheet1.xml';

/** The parts around the sheet, by their names. */
export function partsAround(sheet: string): Map<string, string> {
  const relation = (id: number, type: string, target: string) =>
    `<Relationship Id="rId${id}" Type="${RELATIONS}/${type}" Target="${target}"/>`;
  const relations = (...all: string[]) =>
    `${XML}<Relationships xmlns="${PACKAGE}/relationships">${all.join('')}</Relationships>`;
  const override = (part: string, type: string) =>
    `<Override PartName="/${part}" ContentType="${OF_WORKBOOK}.${type}+xml"/>`;
  return new Map([
    [
      '[Content_Types].xml',
      `${XML}<Types xmlns="${PACKAGE}/content-types">` +
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
        '<Default Extension="xml" ContentType="application/xml"/>' +
        `${override('xl/workbook.xml', 'sheet.main')}${override(SHEET_PART, 'worksheet')}` +
        `${override('xl/styles.xml', 'styles')}</Types>`,
    ],
    ['_rels/.rels', relations(relation(1, 'officeDocument', 'xl/workbook.xml'))],
    [
      'xl/_rels/workbook.xml.rels',
      relations(relation(1, 'worksheet', 'worksheets/sheet1.xml'), relation(2, 'styles', 'styles.xml')),
    ],
    [
      'xl/workbook.xml',
      `${XML}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheets>` +
        `<sheet name="${escapeXml(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    ],
  ]);
}

/** The first row stays in sight. */
export const SHEET_START =
  `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0">` +
  '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>';
export const SHEET_END = '</sheetData></worksheet>';

/** Cell styles by their index. */
export const PLAIN_STYLE = 0;
export const HEADER_STYLE = 1;
/** Text that stays text even when a person edits the cell. */
export const GUARDED_STYLE = 2;
const FIRST_FORMAT_STYLE = 3;
const FIRST_FORMAT_ID = 164;

/** The style of each format of numbers, given as it is first met. */
export class FormatStyles {
  readonly #codes: string[] = [];
  readonly #styles = new Map<string, number>();

  styleOf(format: string): number {
    const known = this.#styles.get(format);
    if (known !== undefined) return known;
    const style = FIRST_FORMAT_STYLE + this.#codes.push(format) - 1;
    this.#styles.set(format, style);
    return style;
  }

  /** `xl/styles.xml` */
  part(): string {
    const formats = this.#codes.map(
      (code, at) => `<numFmt numFmtId="${FIRST_FORMAT_ID + at}" formatCode="${escapeXml(code)}"/>`,
    );
    const list = (name: string, items: readonly string[]) =>
      items.length === 0 ? '' : `<${name} count="${items.length}">${items.join('')}</${name}>`;
    const font = '<sz val="11"/><name val="Calibri"/>';
    const style = (format: number, more = '') =>
      `<xf numFmtId="${format}" fontId="0" fillId="0" borderId="0"${more}/>`;
    return (
      `${XML}<styleSheet xmlns="${MAIN}">${list('numFmts', formats)}` +
      list('fonts', [`<font>${font}</font>`, `<font><b/>${font}</font>`]) +
      list(
        'fills',
        ['none', 'gray125'].map((type) => `<fill><patternFill patternType="${type}"/></fill>`),
      ) +
      list('borders', ['<border><left/><right/><top/><bottom/><diagonal/></border>']) +
      list('cellStyleXfs', [style(0)]) +
      list('cellXfs', [
        style(0, ' xfId="0"'),
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>',
        style(0, ' xfId="0" quotePrefix="1"'),
        ...this.#codes.map((_, at) => style(FIRST_FORMAT_ID + at, ' xfId="0" applyNumberFormat="1"')),
      ]) +
      `${list('cellStyles', ['<cellStyle name="Normal" xfId="0" builtinId="0"/>'])}</styleSheet>`
    );
  }
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** What XML cannot hold, and a text that would be read as such. */
const UNFIT = /(?![\t\n\r\x7f-\x9f])\p{Cc}|[\ufffe\uffff]|\p{Surrogate}|_(?=x[0-9A-Fa-f]{4}_)/gu;

/** A text for an element or attribute. Characters that XML cannot hold stand as `_xHHHH_` (ECMA-376, ST_Xstring). */
export function escapeXml(text: string): string {
  return text
    .replace(UNFIT, (found) => `_x${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`)
    .replace(/[&<>"]/g, (found) => ENTITIES[found]!)
    .replace(/\r/g, '&#13;');
}
