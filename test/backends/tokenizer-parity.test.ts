import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as transformers from '@huggingface/transformers';
import { describe, expect, it } from 'vitest';
import { PromptTokenizer, readTokenizerFiles } from '../../src/backends/prompt-tokenizer.js';
import { tokenBytes } from '../../src/checkpoint/token-bytes.js';

/** Small tokenizers of the supported families and the reference implementation's output; see scripts/tokenizer-fixtures.py. */
const FOLDER = fileURLToPath(new URL('../fixtures/tokenizers/', import.meta.url));
const read = (path: string) => JSON.parse(readFileSync(join(FOLDER, path), 'utf8'));
const strings = read('strings.json') as string[];

interface Reference {
  readonly ids: readonly number[][];
  readonly chats: readonly {
    readonly messages: readonly { role: string; content: string }[];
    readonly text: string;
    readonly ids: readonly number[];
  }[];
}

describe.each(['llama2', 'llama3', 'mistral', 'mistral3', 'smollm2', 'qwen2', 'gemma'])('%s', (name) => {
  const folder = join(FOLDER, name);
  const reference = read(`${name}/reference.json`) as Reference;
  const load = async () => {
    const files = await readTokenizerFiles(folder);
    return { files, tokenizer: new transformers.PreTrainedTokenizer(files.tokenizer, files.config) };
  };

  it(`gives the reference's ids for ${strings.length} strings, control tokens included`, async () => {
    const { tokenizer } = await load();
    const wrong = strings.flatMap((text, i) => {
      const ids = tokenizer.encode(text, { add_special_tokens: false });
      return JSON.stringify(ids) === JSON.stringify(reference.ids[i])
        ? []
        : [{ text, ids, expected: reference.ids[i] }];
    });
    expect(wrong).toEqual([]);
  });

  it('renders chats as the reference does, and reads them as its ids', async () => {
    const { tokenizer } = await load();
    for (const { messages, text, ids } of reference.chats) {
      const rendered = tokenizer.apply_chat_template([...messages], {
        tokenize: false,
        add_generation_prompt: true,
      });
      expect(rendered).toBe(text);
      expect(tokenizer.encode(text, { add_special_tokens: false })).toEqual(ids);
    }
  });

  it('spells every string with the bytes it gives to tokens', async () => {
    const { files } = await load();
    const highest = Math.max(...reference.ids.flat()) + 1;
    const bytes = tokenBytes(files.tokenizer, highest, folder);
    const wrong = strings.filter((text, i) => {
      const ids = reference.ids[i]!;
      // `▁` is how these tokenizers write a space, so it cannot come back as itself.
      if (text.includes('▁')) return false;
      // Control tokens spell nothing; strings with them are left to the tests of the prompt.
      if (ids.some((id) => bytes[id] === null)) return false;
      const spelt = Buffer.concat(ids.map((id) => bytes[id]!)).toString('utf8');
      const expected = name === 'qwen2' ? text.normalize('NFC') : text;
      // Those of Llama 2 and Mistral put a space in front.
      return spelt !== expected && !(/mistral|llama2/.test(name) && spelt === ` ${expected}`);
    });
    expect(wrong).toEqual([]);
  });

  it('makes the prompts that the reference makes of system and text', async () => {
    const { files } = await load();
    let compared = 0;
    for (const chat of reference.chats) {
      const [system, user] = chat.messages;
      // Texts are trimmed before any template sees them, and control tokens in them are plain text, both on purpose.
      if (
        system?.role !== 'system' ||
        user === undefined ||
        user.content.trim() !== user.content ||
        user.content.includes('<')
      )
        continue;
      const options = { maxInputTokens: 1000, forcedOpening: '', folder };
      const encoder = new PromptTokenizer(transformers, files, { system: system.content }, options);
      expect([...encoder.encode(user.content).tokens]).toEqual(chat.ids);
      compared += 1;
    }
    expect(compared).toBe(3);
  });
});
