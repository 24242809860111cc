/** HTML that may go into a page as it is. Only {@link html} and {@link join} make it. */
export class Markup {
  /** @internal */
  constructor(readonly text: string) {}
}

type Part = Markup | string | number | readonly Part[];

/** A template whose values are escaped, in elements and in quoted attributes; {@link Markup} goes in as it is. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  let text = strings[0]!;
  values.forEach((value, at) => {
    text += partText(value) + strings[at + 1]!;
  });
  return new Markup(text);
}

export const NOTHING = new Markup('');

export function escapeHtml(text: string): string {
  return (
    text
      .replace(/[&<>"'`]/g, (letter) => `&#${letter.charCodeAt(0)};`)
      // Half characters and controls are no HTML; what stands in a cell may have them.
      .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to replace
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '\ufffd')
  );
}

/**
 * JSON that may stand in a script element: no `<` can end the element or open a comment.
 * JSON.stringify writes half characters as escapes, so that they survive.
 */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

/** A script element that holds data and never runs. */
export function dataBlock(id: string, value: unknown): string {
  return `<script type="application/json" ${id}>${scriptJson(value)}</script>\n`;
}

function partText(part: Part): string {
  if (part instanceof Markup) return part.text;
  return typeof part === 'object' ? part.map(partText).join('') : escapeHtml(String(part));
}
