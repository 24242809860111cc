/**
 * A cell's text as it goes into a prompt: well-formed (a lone surrogate becomes U+FFFD, as UTF-8 would make it) and
 * without white space at its ends, which the usual chat templates cut off as well. Nothing else is changed: control
 * tokens inside the text are the tokenizer's concern, which reads this text without any.
 */
export function prepareText(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD').trim();
}
