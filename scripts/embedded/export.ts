import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { convertCheckpoint } from '../../src/onnx/convert-checkpoint.js';

/**
 * Puts a trained checkpoint into the repository: int8 decoder, tokenizer and configs under `data/models/<name>/`, with
 * the checksums that every load verifies.
 *
 *   node dist/scripts/embedded/export.js <checkpoint folder> <name> [model card]
 */

const KEPT = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'];
const MOST_BYTES = 8_000_000;

async function main(): Promise<void> {
  const [source, name, card] = process.argv.slice(2);
  if (source === undefined || name === undefined)
    throw new Error('usage: export <checkpoint folder> <name> [model card]');
  const target = join('data', 'models', name);
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  for (const file of KEPT) await cp(join(source, file), join(target, file));
  // transformers.js looks for the chat template in the tokenizer's config only.
  const template = await readFile(join(source, 'chat_template.jinja'), 'utf8');
  const settings = JSON.parse(await readFile(join(target, 'tokenizer_config.json'), 'utf8')) as object;
  const withTemplate = { ...settings, chat_template: template };
  await writeFile(join(target, 'tokenizer_config.json'), `${JSON.stringify(withTemplate, null, 2)}\n`);
  const written = await convertCheckpoint(source, target, '8bit');
  if (card !== undefined) await cp(card, join(target, 'README.md'));

  const lines: string[] = [];
  let total = 0;
  for (const file of [...KEPT, ...written].sort()) {
    const bytes = await readFile(join(target, file));
    total += bytes.byteLength;
    lines.push(`${createHash('sha256').update(bytes).digest('hex')}  ${file}`);
  }
  await writeFile(join(target, 'SHA256SUMS'), `${lines.join('\n')}\n`);
  if (total > MOST_BYTES) throw new Error(`${name} takes ${total} bytes, more than ${MOST_BYTES}`);
  process.stdout.write(`${target}: ${total} bytes\n`);
}

await main();
