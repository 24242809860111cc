import { createHash } from 'node:crypto';
import { compileGrammar } from '../grammar/compile-grammar.js';
import type { OutputField } from '../grammar/output-field.js';
import { deserialiseTables, serialiseTables, TABLES_VERSION } from '../grammar/table-file.js';
import type { TokenBytes, TokenTables } from '../grammar/token-tables.js';
import { readCached, writeCached } from './generation-cache.js';

/**
 * The tables of an answer's fields over a model's vocabulary, compiled on first use and kept beside the generation graph.
 *
 * @param fingerprint of the model's tokenizer, at least
 */
export async function cachedGrammar(
  modelFolder: string,
  fields: readonly OutputField[],
  vocabulary: TokenBytes,
  fingerprint: string,
): Promise<TokenTables> {
  const { tokens, eosIds } = vocabulary;
  const key = createHash('sha256')
    .update(JSON.stringify([TABLES_VERSION, fields, fingerprint, tokens.length, eosIds]))
    .digest('hex');
  const name = `${key.slice(0, 24)}.grammar`;
  const cached = await readCached(modelFolder, name);
  if (cached !== null) {
    try {
      return deserialiseTables(cached);
    } catch {
      // A damaged cache file is made anew.
    }
  }
  const tables = compileGrammar(fields, vocabulary);
  await writeCached(modelFolder, name, serialiseTables(tables)).catch(() => {});
  return tables;
}
