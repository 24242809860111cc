import { prepareText } from './prepare-text.js';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** The part of a config that a prompt is made of. `user_template` holds `{{text}}` once; default: the text alone. */
export interface PromptParts {
  readonly system: string;
  readonly user_template?: string | undefined;
}

const TEXT_MARK = '{{text}}';

/** The messages for one text. The text is inserted literally: `{{text}}` or `$&` inside it stay what they are. */
export function buildMessages(prompt: PromptParts, text: string): ChatMessage[] {
  return messagesAround(prompt, prepareText(text));
}

/**
 * The same messages with a slot in the text's place. A chat template is rendered once with it and split at the slot;
 * what stands before and after belongs to the template, what comes between is a profile's text and is never read
 * as template or control token.
 */
export function buildFrame(prompt: PromptParts): { messages: ChatMessage[]; slot: string } {
  // Private-use characters at both ends: no template trims them and no text of ours holds them.
  let slot = '\uE000text\uE001';
  for (let n = 0; `${prompt.system}${prompt.user_template ?? ''}`.includes(slot); n++)
    slot = `\uE000text${n}\uE001`;
  return { messages: messagesAround(prompt, slot), slot };
}

function messagesAround(prompt: PromptParts, text: string): ChatMessage[] {
  const template = prompt.user_template ?? TEXT_MARK;
  const at = template.indexOf(TEXT_MARK);
  if (at < 0) throw new RangeError('user_template holds no {{text}}');
  const content = template.slice(0, at) + text + template.slice(at + TEXT_MARK.length);
  return [
    { role: 'system', content: prompt.system },
    { role: 'user', content },
  ];
}
