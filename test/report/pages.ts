/** What tests read out of a report without a browser. */
export interface Page {
  readonly text: string;
  /** All but the data blocks, the script and the styles. */
  readonly markup: string;
  readonly script: string;
  readonly style: string;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the page, looked at piece by piece
  readonly figures: any;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the page, looked at piece by piece
  readonly meta: any;
  readonly blocks: unknown[][][];
}

export function readPage(text: string): Page {
  const data = (attribute: string) =>
    [...text.matchAll(new RegExp(`<script type="application/json" ${attribute}>(.*?)</script>`, 'gs'))].map(
      (match) => JSON.parse(match[1]!),
    );
  return {
    text,
    markup: text.replace(/<(script|style)\b[^>]*>.*?<\/\1>/gs, ''),
    script: /<script>(.*?)<\/script>/s.exec(text)![1]!,
    style: /<style>(.*?)<\/style>/s.exec(text)![1]!,
    figures: data('id="figures"')[0],
    meta: data('id="meta"')[0],
    blocks: data('class="rows"'),
  };
}

/** Every element of the markup: its name and its attributes. */
export function elementsOf(markup: string): { name: string; attributes: Map<string, string> }[] {
  return [...markup.matchAll(/<([a-z][a-z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"<>]*")?)*)\s*\/?>/g)].map(
    (match) => ({
      name: match[1]!,
      attributes: new Map(
        [...match[2]!.matchAll(/([a-zA-Z-]+)(?:="([^"]*)")?/g)].map((each) => [each[1]!, each[2] ?? '']),
      ),
    }),
  );
}

/** The exact numbers that the markup shows, in order, with what a person reads. */
export function shownFigures(markup: string): { value: number; shown: string }[] {
  return [...markup.matchAll(/<data value="([^"]+)">([^<]*)<\/data>/g)].map((match) => ({
    value: Number(match[1]),
    shown: match[2]!,
  }));
}

export function sectionOf(markup: string, id: string): string {
  const from = markup.indexOf(`<section id="${id}">`);
  const to = markup.indexOf('<section id=', from + 1);
  if (from < 0) throw new Error(`no section ${id}`);
  return markup.slice(from, to < 0 ? undefined : to);
}

const FIELDS = ['flag', 'reasoning', 'tags', 'confidence', 'status'];

export function columnsOf(names: readonly string[]): string[] {
  return names.flatMap((name) => FIELDS.map((field) => `ai_${name}_${field}`));
}

export type Table = (string | number)[][];

/** Three models and people's labels, failed and empty rows among them, all of it from the row's number. */
export function plainTable(text = (row: number) => `Text ${row}`, rows = 90): Table {
  const lines = Array.from({ length: rows }, (_, row) => {
    if (row % 30 === 29)
      return [row, '', '', '', ...[1, 2, 3].flatMap(() => ['', '', '', '', 'empty_input'])];
    const truth = row % 3 === 0 ? 'bad' : 'good';
    const models = [7, 11, 5].flatMap((by) => {
      if (row % (by * 3) === 4) return ['', '', '', '', 'invalid_output'];
      const label = row % by === 0 ? (truth === 'bad' ? 'good' : 'bad') : truth;
      const tags = label === 'bad' ? 'poor_grammar, insufficient_content' : '';
      return [label, `Says ${by} of ${row % 4}.`, tags, (0.5 + ((row * by) % 50) / 100).toFixed(2), 'ok'];
    });
    return [row, text(row), row % 10 === 9 ? '' : truth, truth === 'bad' ? 1 : 0, ...models];
  });
  return [['id', 'about_me', 'Human_flag', 'poor_grammar', ...columnsOf(['a', 'b', 'c'])], ...lines];
}
