import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { configJsonSchema } from '../src/config/json-schema.js';

/** Writes config/config.schema.json for editors: `npm run build && node dist/scripts/write-config-schema.js && npm run fix`. */
const target = process.argv[2] ?? fileURLToPath(new URL('../../config/config.schema.json', import.meta.url));
await writeFile(target, configJsonSchema());
process.stderr.write(`wrote ${target}\n`);
