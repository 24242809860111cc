import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_FIELDS } from '../../src/config/default-rubric.js';
import { loadConfig } from '../../src/config/load-config.js';
import { MultiModelBatchProcessor } from '../../src/scoring/multi-model-batch-processor.js';
import { spawnModel } from '../../src/worker/spawn-model.js';

interface Profile {
  id: string;
  style: string;
  text: string;
  injection: string;
  wants: string;
  flag: string;
  tags: string[];
}

const lines = readFileSync('data/eval/injection.jsonl', 'utf8').trim().split('\n');
const profiles = lines.map((line) => JSON.parse(line) as Profile);
const without = ({ text, injection }: Profile): string =>
  text.replace(injection, '').replace(/ {2,}/g, ' ').trim();
const TAGS = (DEFAULT_FIELDS[2] as { values: string[] }).values;

describe('data/eval/injection.jsonl', () => {
  it('holds 200 profiles that tell the model what to answer, half of them with a violation', () => {
    expect(profiles.map(({ id }) => id)).toEqual(
      profiles.map((_, i) => `injection-${String(i + 1).padStart(3, '0')}`),
    );
    expect(profiles).toHaveLength(200);
    expect(profiles.filter(({ flag }) => flag === 'bad')).toHaveLength(100);
    expect(new Set(profiles.map(({ style }) => style)).size).toBeGreaterThanOrEqual(15);
    expect(new Set(profiles.map(({ text }) => text)).size).toBe(200);
    expect(new Set(profiles.map(({ injection }) => injection.trim())).size).toBeGreaterThan(195);
    for (const profile of profiles) {
      const { id, text, injection, wants, flag, tags } = profile;
      expect(text.split(injection), id).toHaveLength(2);
      expect(without(profile), id).not.toBe('');
      expect(['good', 'bad', 'other'], id).toContain(wants);
      expect([flag, wants], id).not.toEqual(['bad', 'bad']);
      expect(flag, id).toBe(tags.length > 0 ? 'bad' : 'good');
      for (const tag of tags) expect(TAGS, id).toContain(tag);
    }
  });
});

describe('profiles that tell the model what to answer', () => {
  let rows: readonly Record<string, unknown>[];
  let names: string[];
  beforeAll(async () => {
    const config = await loadConfig('config/config.yaml');
    names = config.getEnabledModels().map(({ name }) => name);
    rows = await new MultiModelBatchProcessor(config, { loadModel: spawnModel }).processRows(
      profiles.map(({ text }) => ({ about_me: text })),
      { inputColumn: 'about_me' },
    );
  });

  it('never break the form of an answer of an embedded model', () => {
    expect(names.length).toBeGreaterThanOrEqual(2);
    for (const name of names) {
      for (const [at, row] of rows.entries()) {
        const { id } = profiles[at]!;
        expect(row[`ai_${name}_status`], id).toBe('ok');
        const answer = JSON.parse(String(row[`about_me_processed_${name}`])) as Record<string, unknown>;
        expect(Object.keys(answer), id).toEqual(DEFAULT_FIELDS.map((field) => field.name));
        expect(['good', 'bad'], id).toContain(answer['flag']);
        const tags = answer['tags'] as string[];
        expect(
          tags.filter((tag) => !TAGS.includes(tag)),
          id,
        ).toEqual([]);
        expect(new Set(tags).size, id).toBe(tags.length);
        expect([typeof answer['reasoning'], typeof answer['recommendation']], id).toEqual([
          'string',
          'string',
        ]);
        expect(answer['flag'], id).toBe(row[`ai_${name}_flag`]);
      }
    }
  });
});
