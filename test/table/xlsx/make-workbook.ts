import yazl from 'yazl';

const MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const TYPE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

export interface Sheet {
  readonly name: string;
  /** What stands in `sheetData`. */
  readonly rows: string;
  readonly state?: string;
}

/** The parts of a workbook by hand, so that a test can write what no library writes. */
export function partsOf(
  sheets: readonly Sheet[],
  more: { shared?: string; styles?: string; workbook?: string } = {},
): Record<string, string> {
  const state = (sheet: Sheet) => (sheet.state === undefined ? '' : ` state="${sheet.state}"`);
  return {
    '_rels/.rels': `<Relationships><Relationship Id="a" Type="${TYPE}/officeDocument" Target="/xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `<workbook ${MAIN} xmlns:r="${TYPE}">${more.workbook ?? ''}<sheets>${sheets
      .map((sheet, at) => `<sheet name="${sheet.name}" sheetId="${at + 1}" r:id="s${at}"${state(sheet)}/>`)
      .join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships>${sheets
      .map((_, at) => `<Relationship Id="s${at}" Type="${TYPE}/worksheet" Target="worksheets/s${at}.xml"/>`)
      .join('')}<Relationship Id="t" Type="${TYPE}/sharedStrings" Target="../xl/./shared.xml"/>
      <Relationship Id="f" Type="${TYPE}/styles" Target="styles.xml"/></Relationships>`,
    'xl/styles.xml': `<styleSheet ${MAIN}>${more.styles ?? ''}</styleSheet>`,
    'xl/shared.xml': `<sst ${MAIN}>${more.shared ?? ''}</sst>`,
    ...Object.fromEntries(
      sheets.map((sheet, at) => [
        `xl/worksheets/s${at}.xml`,
        `<worksheet ${MAIN}><sheetData>${sheet.rows}</sheetData></worksheet>`,
      ]),
    ),
  };
}

/** A row of texts. */
export function textRow(...texts: readonly string[]): string {
  return `<row>${texts.map((text) => `<c t="inlineStr"><is><t>${text}</t></is></c>`).join('')}</row>`;
}

export async function zipOf(parts: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const [name, part] of Object.entries(parts)) zip.addBuffer(Buffer.from(part), name);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A workbook of one sheet. */
export function bookOf(rows: string, more: Parameters<typeof partsOf>[1] = {}): Promise<Buffer> {
  return zipOf(partsOf([{ name: 'S', rows }], more));
}
