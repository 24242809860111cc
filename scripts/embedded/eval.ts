import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { loadConfig, MultiModelBatchProcessor } from '../../src/index.js';
import { calibration } from '../../src/stats/calibration.js';

/**
 * Judges the enabled models of config/config.yaml, the way the product runs them, on sets of profiles with known
 * answers: data/eval/test.jsonl, or the files named on the command line. A set written by hand is judged a second time in
 * long texts. Prints a table; the last line is JSON.
 */
interface Profile {
  readonly text: string;
  readonly flag: 'good' | 'bad';
  readonly tags: readonly string[];
  /** Kinds of violation it holds. */
  readonly kinds: readonly string[];
  /** Where a set compares groups of rows: the row's group. */
  readonly group?: string;
  /** Where it is a long text: the profiles it is made of. */
  readonly parts?: readonly string[];
}

const kinds = JSON.parse(readFileSync('scripts/embedded/kinds.json', 'utf8')) as Record<
  string,
  { tag: string; cause: string; advice: string }
>;
const tags = [...new Set(Object.values(kinds).map(({ tag }) => tag))];
const sets = process.argv.length > 2 ? process.argv.slice(2) : ['data/eval/test.jsonl'];

function readSet(path: string): Profile[] {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const row = JSON.parse(line) as {
      text: string;
      kinds?: string[];
      spans?: { kind: string }[];
      group?: string;
    };
    const found = row.kinds ?? row.spans!.map(({ kind }) => kind);
    const named = (row as { tags?: string[] }).tags ?? [...new Set(found.map((kind) => kinds[kind]!.tag))];
    return {
      text: row.text,
      flag: named.length > 0 ? 'bad' : 'good',
      tags: named,
      kinds: found,
      ...(row.group === undefined ? {} : { group: row.group }),
    };
  });
}

const words = (text: string): number => text.split(/\s+/).length;

/**
 * Every violation of a set alone and at the start, in the middle and at the end of 600 to 1,000 words of harmless profiles
 * of the same set, and those without it. Left out: violations that end with the profile (too little in it, all capitals).
 */
function amongOthers(profiles: readonly Profile[]): Profile[] {
  const harmless = profiles.filter(({ flag, text }) => flag === 'good' && words(text) >= 15);
  const spoilt = profiles.filter(
    ({ tags, kinds: found }) =>
      tags.length > 0 && !tags.includes('insufficient_content') && !found.includes('all_capitals'),
  );
  let next = 0;
  return spoilt.flatMap((profile, i) => {
    const around: string[] = [];
    for (let size = 0; size < 600 + ((i * 37) % 350); size += words(around.at(-1)!)) {
      around.push(harmless[next++ % harmless.length]!.text);
    }
    const put = (group: string, at: number): Profile => {
      const parts = around.toSpliced(at, 0, profile.text);
      return { ...profile, text: parts.join('\n'), group, parts };
    };
    return [
      { ...profile, group: 'alone' },
      put('start', 0),
      put('middle', around.length >> 1),
      put('end', around.length),
      { text: around.join('\n'), flag: 'good', tags: [], kinds: [], group: 'none', parts: around },
    ];
  });
}

const share = (part: number, whole: number): number | null =>
  whole === 0 ? null : Math.round((1000 * part) / whole) / 1000;
const f1 = (hits: number, wrong: number, missed: number): number | null =>
  hits + missed === 0 ? null : share(2 * hits, 2 * hits + wrong + missed);

/**
 * Figures of one model on one set, from the columns the product wrote.
 * @param known texts that the model judged right so far; those of this set are added
 */
function judge(
  profiles: readonly Profile[],
  rows: readonly Record<string, unknown>[],
  model: string,
  known: Set<string>,
) {
  const cell = (i: number, name: string): string => String(rows[i]![`ai_${model}_${name}`] ?? '');
  const all = profiles.map((profile, i) => ({
    profile,
    status: cell(i, 'status'),
    flag: cell(i, 'flag'),
    found: cell(i, 'tags').split(', ').filter(Boolean),
    reasoning: cell(i, 'reasoning'),
    recommendation: cell(i, 'recommendation'),
    confidence: cell(i, 'confidence') === '' ? null : Number(cell(i, 'confidence')),
  }));
  const count = (holds: (row: (typeof all)[number]) => boolean): number => all.filter(holds).length;
  const right = all.map(({ profile, flag }) => profile.flag === flag);
  const bad = (row: (typeof all)[number]): boolean => row.profile.flag === 'bad';
  const flagged = all.filter((row) => bad(row) && row.flag === 'bad');
  const named = flagged.filter(({ profile, reasoning }) =>
    profile.kinds.some((kind) => reasoning.includes(kinds[kind]!.cause)),
  );
  const fits = flagged.filter(({ found, recommendation }) =>
    Object.values(kinds).some(({ tag, advice }) => found.includes(tag) && recommendation.includes(advice)),
  );
  const { bins, expectedCalibrationError: error } = calibration(
    all.map(({ confidence }) => confidence),
    right,
  );
  const groups = [...new Set(profiles.map(({ group }) => group))].filter((group) => group !== undefined);
  const byGroup = (counts: (profile: Profile) => boolean): Record<string, number | null> =>
    Object.fromEntries(
      groups.map((group) => {
        const of = right.filter((_, i) => profiles[i]!.group === group && counts(profiles[i]!));
        return [group, share(of.filter(Boolean).length, of.length)];
      }),
    );
  const sound = byGroup(({ parts }) => parts?.every((text) => known.has(text)) ?? false);
  profiles.forEach(({ text }, i) => {
    if (right[i]) known.add(text);
  });
  return {
    rows: all.length,
    valid_json: share(
      count(({ status }) => status === 'ok' || status === 'truncated_input'),
      all.length,
    ),
    flag_accuracy: share(right.filter(Boolean).length, all.length),
    bad_recall: share(flagged.length, count(bad)),
    bad_precision: share(
      flagged.length,
      count(({ flag }) => flag === 'bad'),
    ),
    tag_f1: Object.fromEntries(
      tags.map((tag) => [
        tag,
        f1(
          count(({ profile, found }) => profile.tags.includes(tag) && found.includes(tag)),
          count(({ profile, found }) => !profile.tags.includes(tag) && found.includes(tag)),
          count(({ profile, found }) => profile.tags.includes(tag) && !found.includes(tag)),
        ),
      ]),
    ),
    reasoning_names_cause: share(named.length, flagged.length),
    recommendation_fits: share(fits.length, flagged.length),
    calibration_error: error === null ? null : Math.round(error * 1000) / 1000,
    calibration: bins.map(({ rows, meanConfidence, accuracy }) => [
      rows,
      share(meanConfidence, 1),
      share(accuracy, 1),
    ]),
    accuracy_by_group: byGroup(() => true),
    // What length alone costs: of the long texts all of whose profiles are judged right one by one.
    accuracy_where_parts_are_right: Object.fromEntries(
      Object.entries(sound).filter(([, accuracy]) => accuracy !== null),
    ),
  };
}

const config = await loadConfig('config/config.yaml');
const models = config.getEnabledModels().map(({ name }) => name);
const known = new Map(models.map((name) => [name, new Set<string>()]));
const report: Record<string, Record<string, ReturnType<typeof judge>>> = {};
const named = sets.flatMap((path): [string, Profile[]][] => {
  const profiles = readSet(path);
  const byHand = profiles.every(({ group }) => group === undefined) && path.startsWith('data/');
  return byHand
    ? [
        [path, profiles],
        [`${path} in long texts`, amongOthers(profiles)],
      ]
    : [[path, profiles]];
});
for (const [path, profiles] of named) {
  const rows = await new MultiModelBatchProcessor(config).processRows(
    profiles.map(({ text }) => ({ about_me: text })),
    { inputColumn: 'about_me' },
  );
  const judged = Object.fromEntries(
    models.map((name) => [name, judge(profiles, rows, name, known.get(name)!)]),
  );
  report[basename(path)] = judged;
  console.log(`\n${path}, ${profiles.length} profiles`);
  console.log(['measure'.padEnd(28), ...models.map((name) => name.padStart(9))].join(''));
  const line = (label: string, of: (figures: ReturnType<typeof judge>) => number | null): void => {
    const cells = models.map((name) => String(of(judged[name]!) ?? '-').padStart(9));
    console.log([label.padEnd(28), ...cells].join(''));
  };
  line('flag accuracy', (f) => f.flag_accuracy);
  line('recall of bad', (f) => f.bad_recall);
  line('precision of bad', (f) => f.bad_precision);
  for (const tag of tags) line(`F1 ${tag}`, (f) => f.tag_f1[tag]!);
  line('valid JSON', (f) => f.valid_json);
  line('reasoning names the cause', (f) => f.reasoning_names_cause);
  line('recommendation fits', (f) => f.recommendation_fits);
  line('calibration error', (f) => f.calibration_error);
  for (const group of Object.keys(judged[models[0]!]!.accuracy_by_group)) {
    line(`flag accuracy, ${group}`, (f) => f.accuracy_by_group[group]!);
  }
  for (const group of Object.keys(judged[models[0]!]!.accuracy_where_parts_are_right)) {
    line(`  all profiles right, ${group}`, (f) => f.accuracy_where_parts_are_right[group] ?? null);
  }
}
console.log(JSON.stringify(report));
