import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isTextToken, type TokenizerJson, tokenBytes } from '../checkpoint/token-bytes.js';
import { RunScoringError } from '../foundation/errors.js';
import { buildFrame, type buildMessages, type PromptParts } from '../prompt/build-messages.js';
import { prepareText } from '../prompt/prepare-text.js';
import type { EncodedPrompt, PromptEncoder } from '../prompt/prompt-encoder.js';

type Transformers = typeof import('@huggingface/transformers');
type Tokenizer = InstanceType<Transformers['PreTrainedTokenizer']>;
type Messages = ReturnType<typeof buildMessages>;

/** Characters of a text that are looked at for each token it may have: more than any tokenizer packs into one. */
const CHARACTERS_PER_TOKEN = 64;
/** Texts that begin differently; what their prompts have in common belongs to the template. */
const PROBES = ['a', 'Z', '7', '—', '日', '(quite another beginning)'];

export interface TokenizerFiles {
  readonly tokenizer: TokenizerJson & Record<string, unknown>;
  readonly config: Record<string, unknown>;
}

/** Reads tokenizer.json and tokenizer_config.json, with a chat template that has a file of its own. */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const read = async (name: string): Promise<Record<string, unknown>> => {
    const file = join(folder, name);
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (cause) {
      throw new RunScoringError('MODEL_FILE_MISSING', `The model folder has no readable ${name}.`, {
        at: { file },
        cause,
      });
    }
    try {
      return JSON.parse(text) as Record<string, unknown>;
    } catch {
      throw new RunScoringError('MODEL_FILE_DAMAGED', 'This file is not valid JSON.', { at: { file } });
    }
  };
  const tokenizer = withUnicodeDigits(await read('tokenizer.json'));
  const config = await read('tokenizer_config.json');
  const template = await readFile(join(folder, 'chat_template.jinja'), 'utf8').catch(() => null);
  return { tokenizer, config: template === null ? config : { ...config, chat_template: template } };
}

/**
 * The reference implementation's `Digits` splits at every numeric character (½, ², Ⅷ), transformers.js' at decimal
 * digits alone; a split by expression is the same in both. SmolLM2's tokenizer has one.
 */
function withUnicodeDigits(tokenizer: Record<string, unknown>): Record<string, unknown> {
  const replace = (step: unknown): unknown => {
    const { type, individual_digits, pretokenizers } = (step ?? {}) as Record<string, unknown>;
    if (type === 'Sequence' && Array.isArray(pretokenizers))
      return { ...(step as object), pretokenizers: pretokenizers.map(replace) };
    if (type !== 'Digits') return step;
    const pattern = { Regex: individual_digits === true ? '\\p{N}' : '\\p{N}+' };
    return { type: 'Split', pattern, behavior: 'Isolated', invert: false };
  };
  return { ...tokenizer, pre_tokenizer: replace(tokenizer['pre_tokenizer']) };
}

/** Stands for the control token before the text; no character of it is ever assigned. */
export const STAND_IN = '\u{10fffe}\u{10ffff}\u{10fffe}';

/**
 * Prompts for one model. The chat template is rendered once around a slot. What the template wrote is read with its
 * control tokens; the text in the slot is read by a second tokenizer that knows none, together with the plain words
 * beside it, so that it comes out as the model's own tokenizer would have it, but nothing in it can end a turn.
 */
export class PromptTokenizer implements PromptEncoder {
  readonly #withControls: Tokenizer;
  readonly #plain: Tokenizer;
  readonly #head: Int32Array;
  readonly #tail: Int32Array;
  readonly #standIn: string;
  readonly #standInId: number;
  /** Plain words of the template right before and right after the text. */
  readonly #before: string;
  readonly #after: string;
  readonly #frame: { before: string; after: string };
  /** How the chat template was used, for the notes; null when there was nothing to say. */
  readonly note: string | null;

  constructor(
    transformers: Transformers,
    private readonly files: TokenizerFiles,
    prompt: PromptParts,
    private readonly options: { maxInputTokens: number; forcedOpening: string; folder: string },
  ) {
    const added = files.tokenizer.added_tokens ?? [];
    this.#withControls = new transformers.PreTrainedTokenizer(files.tokenizer, files.config);

    const { messages, slot } = buildFrame(prompt);
    const { rendered, note } = this.#render(messages);
    this.note = note;
    const at = rendered.indexOf(slot);
    if (at < 0 || rendered.indexOf(slot, at + 1) >= 0) {
      throw new RunScoringError(
        'MODEL_CHAT_TEMPLATE',
        'The chat template does not show the text exactly once.',
        {
          at: { file: options.folder },
        },
      );
    }
    this.#frame = { before: rendered.slice(0, at), after: rendered.slice(at + slot.length) };
    const controls = added.filter((token) => !isTextToken(token)).map((token) => token.content);
    const cut = lastControlEnd(this.#frame.before, controls);
    // Whether a space is put before the first word depends on whether, and which, control token precedes it.
    const preceding = added.findLast(
      (token) => !isTextToken(token) && this.#frame.before.slice(0, cut).endsWith(token.content),
    );
    this.#standIn = preceding === undefined ? '' : STAND_IN;
    this.#standInId = 1 + Math.max(-1, highestId(files.tokenizer), ...added.map((token) => token.id));
    const standIn = { ...preceding, id: this.#standInId, content: STAND_IN };
    const plainJson = {
      ...files.tokenizer,
      added_tokens: [...added.filter(isTextToken), ...(preceding === undefined ? [] : [standIn])],
    };
    this.#plain = new transformers.PreTrainedTokenizer(plainJson, {
      ...files.config,
      added_tokens_decoder: {},
    });
    const resume = firstControlStart(this.#frame.after, controls);
    this.#before = this.#frame.before.slice(cut);
    this.#after = this.#frame.after.slice(0, resume);
    this.#head = this.#ids(this.#withControls, this.#frame.before.slice(0, cut));
    const closing = this.#frame.after.slice(resume);
    if (closing === '') this.#after += options.forcedOpening;
    this.#tail =
      closing === '' ? new Int32Array(0) : this.#ids(this.#withControls, closing + options.forcedOpening);
  }

  encode(text: string): EncodedPrompt {
    const { maxInputTokens } = this.options;
    const prepared = prepareText(text);
    const most = maxInputTokens * CHARACTERS_PER_TOKEN;
    const whole = prepared.length > most ? cutAt(prepared, most) : prepared;
    const tokens = this.#tokens(whole);
    if (tokens.length <= maxInputTokens && whole === prepared) {
      return { tokens, truncated: false, uncutTokens: tokens.length };
    }
    // The longest beginning that fits: token counts grow with the text, so halving finds it.
    let fits = 0;
    let tooLong = whole.length + 1;
    while (tooLong - fits > 1) {
      const middle = (fits + tooLong) >> 1;
      if (this.#tokens(cutAt(whole, middle)).length <= maxInputTokens) fits = middle;
      else tooLong = middle;
    }
    const cut = this.#tokens(cutAt(whole, fits));
    if (cut.length > maxInputTokens) {
      throw new RunScoringError(
        'MODEL_PROMPT_TOO_LONG',
        `The prompt without any text has ${cut.length} tokens, more than max_input_tokens (${maxInputTokens}).`,
        { at: { configPath: 'generation.max_input_tokens' } },
      );
    }
    return { tokens: cut, truncated: true, uncutTokens: tokens.length };
  }

  render(text: string): string {
    return this.#frame.before + prepareText(text) + this.#frame.after;
  }

  sharedPrefix(): Int32Array {
    const prompts = PROBES.map((probe) => this.#tokens(probe));
    const first = prompts[0]!;
    let length = 0;
    while (prompts.every((tokens) => length < tokens.length - 1 && tokens[length] === first[length]))
      length++;
    return first.slice(0, length);
  }

  decode(tokens: readonly number[]): string {
    return this.options.forcedOpening + this.#decodeBytes(tokens);
  }

  /** Bytes of each token, for the grammar. */
  vocabularyBytes(size: number): (Uint8Array | null)[] {
    const bytes = tokenBytes(this.files.tokenizer, size, join(this.options.folder, 'tokenizer.json'));
    this.#bytes = bytes;
    return bytes;
  }

  #bytes: readonly (Uint8Array | null)[] = [];

  #decodeBytes(tokens: readonly number[]): string {
    return Buffer.concat(tokens.map((token) => this.#bytes[token] ?? new Uint8Array(0))).toString('utf8');
  }

  #tokens(text: string): Int32Array {
    const between = this.#before + text + this.#after;
    const ids = between === '' ? new Int32Array(0) : this.#ids(this.#plain, this.#standIn + between);
    // Wherever it comes from: its id is no token of the model.
    const middle = ids.filter((id) => id !== this.#standInId);
    const all = new Int32Array(this.#head.length + middle.length + this.#tail.length);
    all.set(this.#head);
    all.set(middle, this.#head.length);
    all.set(this.#tail, this.#head.length + middle.length);
    return all;
  }

  #ids(tokenizer: Tokenizer, text: string): Int32Array {
    if (text === '') return new Int32Array(0);
    return Int32Array.from(tokenizer.encode(text, { add_special_tokens: false }));
  }

  #render(messages: Messages): { rendered: string; note: string | null } {
    const apply = (list: Messages): string =>
      this.#withControls.apply_chat_template([...list], {
        tokenize: false,
        add_generation_prompt: true,
      }) as unknown as string;
    if (
      typeof this.files.config['chat_template'] !== 'string' &&
      !Array.isArray(this.files.config['chat_template'])
    ) {
      const rendered = `${messages.map((message) => message.content).join('\n\n')}\n`;
      return { rendered, note: 'no chat template: the instructions and the text are simply put together' };
    }
    try {
      return { rendered: apply(messages), note: null };
    } catch (first) {
      // Mistral's and Gemma's templates know no system role: their own advice is to put it before the user's words.
      const [system, user] = messages;
      try {
        const merged: Messages = [{ role: 'user', content: `${system!.content}\n\n${user!.content}` }];
        return {
          rendered: apply(merged),
          note: 'the chat template has no system role: the instructions precede the text',
        };
      } catch {
        throw new RunScoringError('MODEL_CHAT_TEMPLATE', 'The chat template could not be rendered.', {
          at: { file: this.options.folder },
          cause: first,
        });
      }
    }
  }
}

function highestId({ model }: TokenizerJson): number {
  const vocab = model?.vocab ?? {};
  return Array.isArray(vocab) ? vocab.length - 1 : Object.values(vocab).reduce((a, b) => Math.max(a, b), -1);
}

/** Cuts without splitting a surrogate pair. */
function cutAt(text: string, length: number): string {
  const code = text.charCodeAt(length - 1);
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? length - 1 : length);
}

function lastControlEnd(text: string, controls: readonly string[]): number {
  let end = 0;
  for (const control of controls) {
    const at = text.lastIndexOf(control);
    if (at >= 0) end = Math.max(end, at + control.length);
  }
  return end;
}

function firstControlStart(text: string, controls: readonly string[]): number {
  let start = text.length;
  for (const control of controls) {
    const at = text.indexOf(control);
    if (at >= 0) start = Math.min(start, at);
  }
  return start;
}
