export interface EncodedPrompt {
  /** The whole prompt, from the template's first token to the forced opening of the answer. */
  readonly tokens: Int32Array;
  /** The text was cut so that the prompt fits `max_input_tokens`. */
  readonly truncated: boolean;
  /** Tokens of the whole prompt before the cut, as far as it was counted. */
  readonly uncutTokens: number;
}

/** Turns texts into prompts for one model; the tokenizer and the chat template are behind it. */
export interface PromptEncoder {
  encode(text: string): EncodedPrompt;
  /** The prompt as text, before tokenisation. Holds the profile's text: for a person who asked, never for a log. */
  render(text: string): string;
  /** Tokens that every prompt is expected to begin with, found by comparing prompts. */
  sharedPrefix(): Int32Array;
  /** Text of generated tokens; bytes that are not UTF-8 become U+FFFD. */
  decode(tokens: readonly number[]): string;
}
