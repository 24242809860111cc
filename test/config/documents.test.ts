import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load-config.js';
import { RunScoringError } from '../../src/foundation/errors.js';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const yamlBlocks = (text: string) => [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1]!);

describe('the YAML in the documents', () => {
  it('MULTI_MODEL.md: every block loads, except the old format', () => {
    const blocks = yamlBlocks(read('MULTI_MODEL.md'));
    expect(blocks.length).toBeGreaterThanOrEqual(6);
    const codes = blocks.map((block) => {
      try {
        parseConfig(block, 'MULTI_MODEL.md');
        return 'ok';
      } catch (error) {
        if (error instanceof RunScoringError) return error.code;
        throw error;
      }
    });
    expect(codes.filter((code) => code !== 'ok')).toEqual(['CONFIG_OLD_FORMAT']);
  });

  it('config/README.md: the output fields load', () => {
    const [block] = yamlBlocks(read('config/README.md'));
    expect(
      parseConfig(`models: [{name: a, model_id: o/n}]\n${block}`, 'README.md').output.fields.length,
    ).toBe(3);
  });
});

it('MULTI_MODEL.md: the comparison code does what it says', async () => {
  const [code] = [...read('MULTI_MODEL.md').matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]!);
  const module = `${code}\nexport { agreement, vote };`;
  const { agreement, vote } = await import(`data:text/javascript,${encodeURIComponent(module)}`);
  const rows = [
    ['bad', 'bad', 'good'],
    ['good', 'good', 'good'],
    ['bad', 'good', ''],
    [null, 'bad', undefined],
    ['', '', ''],
  ].map(([a, b, c]) => ({ ai_a_flag: a, ai_b_flag: b, ai_c_flag: c }));
  const names = ['a', 'b', 'c'];
  expect(agreement(rows, names)).toBeCloseTo(1 / 3);
  expect(agreement([], names)).toBeNull();
  expect(rows.map((row) => vote(row, names))).toEqual(['bad', 'good', null, 'bad', null]);
});
