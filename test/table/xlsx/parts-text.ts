import { openZip } from '../../../src/table/xlsx/zip-archive.js';
import { MemoryFileSystem } from '../memory-file-system.js';

/** The parts of a workbook of ours, unpacked: packed bytes may differ from one version of Node to the next. */
export async function partsText(bytes: Buffer): Promise<string> {
  const fileSystem = new MemoryFileSystem();
  fileSystem.put('/a.xlsx', bytes);
  const file = await fileSystem.open('/a.xlsx', 'read');
  const zip = await openZip({ file, name: 'a.xlsx', facts: await file.facts() });
  let text = '';
  for (const name of [
    '[Content_Types].xml',
    'xl/workbook.xml',
    'xl/styles.xml',
    'xl/worksheets/sheet1.xml',
  ]) {
    text += `${name}\n`;
    for await (const chunk of zip.read(name)) text += chunk.toString();
  }
  return text;
}
