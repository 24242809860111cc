import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const KINDS_OF_TAG: Record<string, readonly string[]> = {
  personal_information: [
    'phone',
    'email',
    'street_address',
    'date_of_birth',
    'government_id',
    'social_handle',
    'relative_contact',
    'full_name_contact',
  ],
  sensitive_information: [
    'health',
    'disability',
    'pregnancy',
    'religion',
    'politics',
    'union',
    'ethnicity',
    'sexual_life',
    'criminal_record',
    'visa',
    'bankruptcy',
    'injury_claim',
  ],
  inappropriate_information: [
    'insult',
    'threat',
    'discrimination',
    'sexual_content',
    'advertising',
    'scam',
    'contempt',
  ],
  poor_grammar: ['spelling', 'grammar', 'text_speak', 'all_capitals'],
  insufficient_content: ['too_short', 'not_available', 'noise'],
};
const TAGS = Object.keys(KINDS_OF_TAG);

interface Span {
  tag: string;
  kind: string;
  text: string;
}
interface Profile {
  id: string;
  style: string;
  text: string;
  flag: string;
  tags: string[];
  spans: Span[];
}
type TableRow = Record<string, string>;

function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function readProfiles(name: string): Profile[] {
  const lines = readText(`data/eval/${name}.jsonl`).split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line) as Profile);
}

function readCsv(path: string): TableRow[] {
  // No relaxed options: the file must be well-formed for a strict reader.
  return parse(readText(path), { columns: true }) as TableRow[];
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
}

/** All runs of `length` words; with `starts` only those whose first three words are among them. */
function runs(text: string, length: number, starts?: ReadonlySet<string>): string[] {
  const list = words(text);
  const out: string[] = [];
  for (let i = 0; i + length <= list.length; i++) {
    if (starts && !starts.has(`${list[i]} ${list[i + 1]} ${list[i + 2]}`)) continue;
    out.push(list.slice(i, i + length).join(' '));
  }
  return out;
}

function countTag(profiles: readonly { tags: readonly string[] }[], tag: string): number {
  return profiles.filter((profile) => profile.tags.includes(tag)).length;
}

const dev = readProfiles('dev');
const test = readProfiles('test');
const labelled = readCsv('data/labelled.csv');
const sample = readCsv('data/sample.csv');

describe.each([
  ['dev', dev, 200, 15],
  ['test', test, 300, 40],
] as const)('data/eval/%s.jsonl', (name, profiles, size, perTag) => {
  it('has its size, unique ids, half good, at least eight styles and enough of every tag', () => {
    expect(profiles).toHaveLength(size);
    expect(profiles.map((p) => p.id)).toEqual(
      profiles.map((_, i) => `${name}-${String(i + 1).padStart(3, '0')}`),
    );
    expect(profiles.filter((p) => p.flag === 'good')).toHaveLength(size / 2);
    expect(new Set(profiles.map((p) => p.style)).size).toBeGreaterThanOrEqual(8);
    for (const tag of TAGS) expect(countTag(profiles, tag), tag).toBeGreaterThanOrEqual(perTag);
    // Every kind of cause is represented, so a score of "names the cause" means something.
    const kinds = new Set(profiles.flatMap((p) => p.spans.map((s) => s.kind)));
    expect([...kinds].sort()).toEqual(Object.values(KINDS_OF_TAG).flat().sort());
  });

  it('keeps flag, tags and spans consistent', () => {
    for (const p of profiles) {
      expect(Object.keys(p), p.id).toEqual(['id', 'style', 'text', 'flag', 'tags', 'spans']);
      expect(p.text.trim(), p.id).not.toBe('');
      expect(p.flag, p.id).toBe(p.tags.length > 0 ? 'bad' : 'good');
      expect(p.tags, p.id).toEqual(TAGS.filter((tag) => p.spans.some((s) => s.tag === tag)));
      for (const span of p.spans) {
        expect(KINDS_OF_TAG[span.tag], p.id).toContain(span.kind);
        expect(span.text, p.id).not.toBe('');
        expect(p.text.includes(span.text), `${p.id}: ${span.kind}`).toBe(true);
      }
    }
  });

  it('is mostly of everyday length, and holds both very short and long texts', () => {
    const lengths = profiles.map((p) => p.text.split(/\s+/).length);
    expect(lengths.filter((n) => n >= 25 && n <= 70).length).toBeGreaterThan(size / 2);
    expect(Math.min(...lengths)).toBeLessThanOrEqual(2);
  });
});

describe('data/labelled.csv', () => {
  it('has the documented columns and 0/1 tags that agree with the flag', () => {
    expect(labelled.length).toBeGreaterThanOrEqual(60);
    expect(Object.keys(labelled[0]!)).toEqual(['profile_id', 'about_me', 'Human_flag', ...TAGS]);
    expect(new Set(labelled.map((row) => row['profile_id'])).size).toBe(labelled.length);
    for (const row of labelled) {
      for (const tag of TAGS) expect(['0', '1']).toContain(row[tag]);
      const tagged = TAGS.some((tag) => row[tag] === '1');
      expect(row['Human_flag'], row['profile_id']).toBe(tagged ? 'bad' : 'good');
    }
    for (const tag of TAGS) {
      expect(labelled.filter((row) => row[tag] === '1').length, tag).toBeGreaterThanOrEqual(5);
    }
    // `--limit 20` must not meet one class only.
    const head = labelled.slice(0, 20).map((row) => row['Human_flag']);
    expect(new Set(head)).toEqual(new Set(['good', 'bad']));
  });
});

describe('data/sample.csv', () => {
  const cells = sample.map((row) => row['about_me'] ?? '');

  it('has about forty rows with the columns that the commands expect', () => {
    expect(Object.keys(sample[0]!)).toEqual(['profile_id', 'region', 'about_me']);
    expect(sample.length).toBeGreaterThanOrEqual(35);
    expect(new Set(sample.map((row) => row['profile_id'])).size).toBe(sample.length);
  });

  it('holds what breaks careless readers', () => {
    expect(cells.some((cell) => cell.includes(','))).toBe(true);
    expect(cells.some((cell) => cell.includes('"'))).toBe(true);
    expect(cells.some((cell) => cell.includes('\n'))).toBe(true);
    expect(cells.filter((cell) => cell === '')).toHaveLength(1);
    expect(cells.some((cell) => /\p{Extended_Pictographic}/u.test(cell))).toBe(true);
    expect(cells.some((cell) => /[^\p{ASCII}]/u.test(cell) && /\p{L}/u.test(cell))).toBe(true);
    expect(cells).toContain('Hi');
    expect(Math.max(...cells.map((cell) => words(cell).length))).toBeGreaterThanOrEqual(180);
  });
});

describe('all data files', () => {
  it.each(['data/sample.csv', 'data/labelled.csv', 'data/eval/dev.jsonl', 'data/eval/test.jsonl'])(
    '%s is UTF-8 with line feeds and no byte order mark',
    (path) => {
      const bytes = readFileSync(join(root, path));
      expect(
        new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).startsWith('\uFEFF'),
      ).toBe(false);
      expect(bytes.includes(0x0d)).toBe(false);
      expect(bytes.at(-1)).toBe(0x0a);
    },
  );

  it('use no text twice', () => {
    const seen = new Map<string, string>();
    const all = [
      ...dev.map((p) => [p.id, p.text] as const),
      ...test.map((p) => [p.id, p.text] as const),
      ...labelled.map((row) => [`labelled ${row['profile_id']}`, row['about_me']!] as const),
      ...sample
        .filter((row) => row['about_me'] !== '')
        .map((row) => [`sample ${row['profile_id']}`, row['about_me']!] as const),
    ];
    for (const [id, text] of all) {
      const key = text.trim().toLowerCase().replace(/\s+/g, ' ');
      expect(seen.get(key), `${id} repeats`).toBeUndefined();
      seen.set(key, id);
    }
  });

  it('keep phone numbers to the ranges set aside for fiction', () => {
    const texts = [...dev, ...test].map((p) => p.text);
    texts.push(...[...labelled, ...sample].map((row) => row['about_me'] ?? ''));
    for (const text of texts) {
      for (const match of text.matchAll(/\b0[45][\s.-]?\d{2}[\s.-]?\d{3}[\s.-]?\d{3}\b/g)) {
        expect(match[0].replace(/\D/g, '')).toMatch(/^04915[7]\d{4}$/);
      }
      for (const match of text.matchAll(/\(?\b0[2378]\)?[ -]?\d{4}[ -]\d{4}\b/g)) {
        expect(match[0].replace(/\D/g, '')).toMatch(/^0[2378](5550|7010)\d{4}$/);
      }
    }
  });

  it('share no run of eight words between the test set and the other sets or the scripts', () => {
    const unseen = new Set(test.flatMap((p) => runs(p.text, 8)));
    const others = [...dev.map((p) => p.text), ...labelled.map((row) => row['about_me']!)];
    others.push(...sample.map((row) => row['about_me']!));
    const scripts = join(root, 'scripts');
    if (existsSync(scripts)) {
      for (const entry of readdirSync(scripts, { recursive: true, withFileTypes: true })) {
        if (entry.isFile() && /\.(ts|py|txt|json|yaml|md)$/.test(entry.name)) {
          others.push(readFileSync(join(entry.parentPath, entry.name), 'utf8'));
        }
      }
    }
    // Nearly every run of the others is told apart by its first three words; the whole run is built for the rest.
    const starts = new Set(test.flatMap((p) => runs(p.text, 3)));
    const shared = others.flatMap((text) => runs(text, 8, starts).filter((run) => unseen.has(run)));
    expect(shared.length).toBe(0);
  }, 60_000);
});
