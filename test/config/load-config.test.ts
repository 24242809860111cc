// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the config's own ${VAR} is what is tested here
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConfig, tokenFor } from '../../src/config/create-config.js';
import { configJsonSchema } from '../../src/config/json-schema.js';
import { loadConfig, parseConfig } from '../../src/config/load-config.js';
import { firstModelOnly, overrideSettings, selectModels } from '../../src/config/select-models.js';
import { RunScoringError } from '../../src/foundation/errors.js';

const CONFIG_FOLDER = fileURLToPath(new URL('../../config/', import.meta.url));
const TOKEN = 'hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345';

const errorOf = (text: string, env: Record<string, string> = {}): RunScoringError => {
  try {
    parseConfig(text, 'my.yaml', env);
  } catch (error) {
    if (error instanceof RunScoringError) return error;
    throw error;
  }
  throw new Error('the config was accepted');
};
const one = (extra = '', model = '') => `models:\n  - name: a\n    model_id: owner/name\n${model}${extra}`;

describe('the examples that ship', () => {
  it('all load', async () => {
    const files = (await readdir(CONFIG_FOLDER)).filter((name) => name.endsWith('.yaml'));
    expect(files).toContain('config.yaml');
    for (const file of files) {
      const config = await loadConfig(join(CONFIG_FOLDER, file), { env: {} });
      expect(config.getEnabledModels().length).toBeGreaterThan(0);
      config.validate();
    }
  });

  it('start relative model folders at the folder of the config', async () => {
    const config = await loadConfig(join(CONFIG_FOLDER, 'config.yaml'), { env: {} });
    expect(config.models[0]!.local_path).toBe(join(CONFIG_FOLDER, '../data/models/scout'));
    expect(parseConfig(one(), 'x.yaml').models[0]!.local_path).toBeUndefined();
  });

  it('have a current JSON Schema', async () => {
    // Run `npm run build && node dist/scripts/write-config-schema.js && npm run fix` when this fails.
    const shipped = await readFile(join(CONFIG_FOLDER, 'config.schema.json'), 'utf8');
    expect(JSON.parse(shipped)).toEqual(JSON.parse(configJsonSchema()));
  });
});

describe('a config', () => {
  it('gets every default', () => {
    const config = parseConfig(one(), 'x.yaml');
    expect(config.generation).toEqual({
      batch_size: 'auto',
      max_input_tokens: 2000,
      max_new_tokens: 2000,
      do_sample: false,
      num_beams: 1,
    });
    expect(config.data).toEqual({
      dataset_column: 'about_me',
      output_column: 'about_me_processed',
      human_label_column: 'Human_flag',
    });
    expect(config.evaluation.positive_class).toBe('bad');
    expect(config.output.fields.map((field) => field.name)).toEqual([
      'flag',
      'reasoning',
      'tags',
      'recommendation',
    ]);
    expect(config.models[0]).toEqual({
      name: 'a',
      model_id: 'owner/name',
      enabled: true,
      torch_dtype: 'auto',
      device_map: 'auto',
      constrained: true,
    });
    for (const tag of ['personal_information', 'poor_grammar']) expect(config.prompt.system).toContain(tag);
  });

  it('is frozen all the way down, and freezes nothing of the caller', () => {
    const mine = { models: [{ name: 'a', model_id: 'o/n' }], data: { dataset_column: 'x' } };
    const config = createConfig(mine);
    expect(() => {
      config.models[0]!.enabled = false;
    }).toThrow(TypeError);
    expect(() => {
      (config.output.fields[2] as { values: string[] }).values.push('x');
    }).toThrow(TypeError);
    mine.data.dataset_column = 'y';
    expect(config.data.dataset_column).toBe('x');
  });

  it('lets a disabled entry be a place holder', () => {
    const config = parseConfig(`${one()}  - name: later\n    enabled: false\n`, 'x.yaml');
    expect(config.getEnabledModels().map((entry) => entry.name)).toEqual(['a']);
    expect(() => selectModels(config, ['later'])).toThrow('Model must have a valid model_id');
  });

  it('can be narrowed and overridden from the command line', () => {
    const config = parseConfig(`hf_token: ${TOKEN}\n${one('  - name: b\n    model_id: o/m\n')}`, 'x.yaml');
    const second = overrideSettings(selectModels(config, ['b']), { batch_size: 3, device_map: 'cpu' });
    expect(second.getEnabledModels().map((entry) => [entry.name, entry.device_map])).toEqual([['b', 'cpu']]);
    expect(second.generation.batch_size).toBe(3);
    expect(tokenFor(second, second.models[0]!)).toBe(TOKEN);
    expect(
      firstModelOnly(config)
        .getEnabledModels()
        .map((entry) => entry.name),
    ).toEqual(['a']);
    expect(() => selectModels(config, ['B'])).toThrow(RunScoringError);
  });
});

describe('the rules of the original tool keep their words', () => {
  it.each([
    ['At least one model must be enabled', 'models: []'],
    ['At least one model must be enabled', ''],
    ['At least one model must be enabled', one('', '    enabled: false\n')],
    [
      'Maximum of 3 models allowed',
      `models:\n${['a', 'b', 'c', 'd'].map((n) => `  - {name: ${n}, model_id: o/${n}}\n`).join('')}`,
    ],
    ['Model names must be unique', one('  - name: a\n    model_id: o/m\n')],
    ['Model names must be unique', one('  - name: A\n    model_id: o/m\n')],
    [
      'The model name "Ensemble" is taken by the vote of the models.',
      one('  - name: Ensemble\n    model_id: o/m\n'),
    ],
    ['Model must have a valid model_id', 'models:\n  - name: a\n'],
    ['Model must have a valid model_id', 'models:\n  - name: a\n    model_id:\n'],
    ['Model must have a valid model_id', 'models:\n  - name: a\n    model_id: 5\n'],
    ...[
      'gpt2',
      'a/b/c',
      '../',
      'a/..b',
      'https://x.y/z',
      'data/models/scout/x',
      '~/m',
      'o/n@main',
      '.hidden/x',
      'o/-x',
    ].map((id) => [
      id === '../' ? 'ok' : 'Model must have a valid model_id',
      `models:\n  - name: a\n    model_id: "${id}"\n`,
    ]),
  ])('%s', (sentence, text) => {
    if (sentence === 'ok') expect(parseConfig(text!, 'x.yaml').models.length).toBe(1);
    else expect(errorOf(text!).message).toBe(sentence);
  });

  it('shows the new form to an old config', () => {
    const line = errorOf('# old\nmodel:\n  model_id: "meta-llama/Llama-3.2-3B-Instruct"\n').toLine();
    expect(line).toMatch(/^my\.yaml:2:1 model: /);
    const shown = /(models: \[.*\}\])/.exec(line)![1]!;
    expect(parseConfig(shown, 'x.yaml').models[0]!.model_id).toBe('meta-llama/Llama-3.2-3B-Instruct');
  });
});

describe('an error', () => {
  it.each([
    ['my.yaml:3:15 models[0].model_id', 'models:\n  - name: a\n    model_id: nowhere\n', 'nowhere'],
    ['my.yaml:5:3 generation.batchsize', one('generation:\n  batchsize: 4\n'), 'Did you mean "batch_size"?'],
    ['my.yaml:4:1 batch_size', one('batch_size: 4\n'), 'generation.batch_size'],
    ['my.yaml:2:5 models[0].nmae', 'models:\n  - nmae: a\n    model_id: o/n\n', 'Did you mean "name"?'],
    ['my.yaml:4:18 models[0].torch_dtype', one('', '    torch_dtype: float23\n'), 'Did you mean "float32"?'],
    ['my.yaml:5:14 generation.num_beams', one('generation:\n  num_beams: 4\n'), 'not supported'],
    ['my.yaml:5:14 generation.do_sample', one('generation:\n  do_sample: true\n'), 'not supported'],
    ['my.yaml:5:3 generation.temperature', one('generation:\n  temperature: 0.7\n'), 'greedy'],
    ['my.yaml:4:5 models[0].load_in_4bit', one('', '    load_in_4bit: true\n'), 'quantization: 4bit'],
    ['my.yaml:4:5 models[0].trust_remote_code', one('', '    trust_remote_code: true\n'), 'never run'],
    ['my.yaml:4:17 models[0].device_map', one('', '    device_map: balanced_low_0\n'), 'not supported'],
    ['my.yaml:4:14 models[0].enabled', one('', '    enabled: yes\n'), 'true or false'],
    ['my.yaml:5:15 generation.batch_size', one('generation:\n  batch_size: 0\n'), 'at least 1'],
    ['my.yaml:5:19 generation.max_new_tokens', one('generation:\n  max_new_tokens: .nan\n'), 'whole number'],
    ['my.yaml:5:19 generation.max_new_tokens', one('generation:\n  max_new_tokens: .inf\n'), 'whole number'],
    ['my.yaml:5:19 generation.max_new_tokens', one('generation:\n  max_new_tokens: 5\n'), 'could never end'],
    [
      'my.yaml:4:18 models[0].torch_dtype',
      one('', '    torch_dtype: float32\n    quantization: 4bit\n'),
      'quantization is "4bit"',
    ],
    [
      'my.yaml:4:15 models[0].revision',
      'models:\n  - name: a\n    model_id: ./folder\n    revision: main\n',
      'no revisions',
    ],
    ['my.yaml:5:18 prompt.user_template', one('prompt:\n  user_template: "no slot"\n'), 'exactly once'],
    ['my.yaml:2:11 models[0].name', 'models:\n  - name: "a b"\n    model_id: o/n\n', 'column names'],
    [
      'my.yaml:2:11 models[0].name',
      'models:\n  - name: Flag\n    model_id: o/n\ndata:\n  output_column: ensemble\n',
      'Two output columns would be named "ensemble_Flag"',
    ],
    [
      'my.yaml:2:11 models[0].name',
      'models:\n  - name: hash\n    model_id: o/n\ndata:\n  output_column: config\n',
      'Two output columns would be named "config_hash"',
    ],
    ['my.yaml:5:3 data.x', one('data:\n  x: 2\n'), 'Unknown key "x"'],
    ['my.yaml:6:3', one('data:\n  x: 1\n  x: 2\n'), 'twice'],
    ['my.yaml:1:9', 'models: !!js/function "x"\n', 'tag'],
    ['my.yaml:1:1', '- a\n- b\n', 'group of keys'],
    ['my.yaml:1:1 __proto__', '__proto__:\n  models: []\n', 'Unknown key'],
  ])('names %s', (place, text, words) => {
    const line = errorOf(text).toLine();
    expect(line.slice(0, place.length + 1)).toBe(`${place}:`);
    expect(line).toContain(words);
    expect(line).not.toContain('\n');
    expect(errorOf(text).exitCode).toBe(2);
  });

  it('says how many more there are', () => {
    expect(errorOf(one('generation:\n  num_beams: 2\n  do_sample: true\n')).toLine()).toContain(
      '1 more problem',
    );
  });

  it('comes for files that are no config', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'config-'));
    try {
      await expect(loadConfig(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'CONFIG_MISSING' });
      await expect(loadConfig(folder)).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
      await writeFile(join(folder, 'x.yaml'), Buffer.from([0x6d, 0xff, 0xfe]));
      await expect(loadConfig(join(folder, 'x.yaml'))).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
      await writeFile(join(folder, 'big.yaml'), Buffer.alloc(1024 * 1024 + 1, 0x20));
      await expect(loadConfig(join(folder, 'big.yaml'))).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
      await writeFile(join(folder, 'bom.yaml'), `\uFEFF${one().replaceAll('\n', '\r\n')}`);
      expect((await loadConfig(join(folder, 'bom.yaml'))).models[0]!.model_id).toBe('owner/name');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('comes at once for bombs', () => {
    const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(10)}]`);
    const started = performance.now();
    expect(errorOf(`l0: &l0 [x]\n${levels.join('\n')}\n`).code).toBe('CONFIG_SYNTAX');
    expect(errorOf('[{'.repeat(50_000)).code).toBe('CONFIG_SYNTAX');
    expect(errorOf(`${Array.from({ length: 80 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')} 1`).code).toBe(
      'CONFIG_SYNTAX',
    );
    expect(errorOf('a: &a [*a]').code).toBe('CONFIG_SYNTAX');
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('output fields', () => {
  const fields = (list: string) => one(`prompt:\n  system: Sort it.\noutput:\n  fields:\n${list}`);

  it('can be one’s own', () => {
    const config = parseConfig(
      fields('    - {name: topic, type: enum, values: [work, home]}\n    - {name: why, type: string}\n'),
      'x.yaml',
    );
    expect(config.output.fields).toEqual([
      { name: 'topic', type: 'enum', values: ['work', 'home'] },
      { name: 'why', type: 'string', max_tokens: 80 },
    ]);
  });

  it.each([
    ['unknown kind', '    - {name: a, type: number}\n'],
    ['a name of a fixed column', '    - {name: status, type: string}\n'],
    ['a name twice', '    - {name: a, type: string}\n    - {name: A, type: string}\n'],
    ['a label twice', '    - {name: a, type: enum, values: [x, x]}\n'],
    ['no labels', '    - {name: a, type: enum, values: []}\n'],
    ['a label with a quote', `    - {name: a, type: enum, values: ['x"']}\n`],
    ['a label that stands for a tie', '    - {name: a, type: enum, values: [x, abstain]}\n'],
    ['a tag that stands for all', '    - {name: a, type: string_list, values: [x, overall]}\n'],
    ['a comma in a list label', '    - {name: a, type: string_list, values: ["x,y"]}\n'],
    ['a budget above the answer', '    - {name: a, type: string, max_tokens: 3000}\n'],
    ['a name that is no word', '    - {name: __proto__, type: string}\n'],
  ])('refuse %s', (_what, list) => {
    expect(errorOf(fields(list)).code).toBe('CONFIG_INVALID');
  });

  it('need a prompt that asks for them', () => {
    const text = one('output:\n  fields:\n    - {name: a, type: string}\n');
    expect(errorOf(text).message).toContain('prompt.system');
  });

  it('refuse two models that would share a column', () => {
    const text = `models:\n  - {name: a, model_id: o/n}\n  - {name: a_b, model_id: o/m}\nprompt: {system: x}\noutput:\n  fields:\n    - {name: b_flag, type: string}\n    - {name: flag, type: string}\n`;
    expect(errorOf(text).message).toContain('ai_a_b_flag');
  });
});

describe('variables', () => {
  it('are expanded after parsing, in strings only', () => {
    const config = parseConfig(one('prompt:\n  system: "${A} ${B:-b} ${E:-e} $${A} $A"\n'), 'x.yaml', {
      A: 'x"\nmodels: []',
      E: '',
    });
    expect(config.prompt.system).toBe('x"\nmodels: [] b e ${A} $A');
    expect(config.models.length).toBe(1);
  });

  it('must exist', () => {
    const error = errorOf(one('hf_token: ${NO_SUCH}\n'));
    expect(error.toLine()).toMatch(/^my\.yaml:4:11 hf_token: .*NO_SUCH/);
    expect(errorOf(one('hf_token: ${constructor}\n')).code).toBe('CONFIG_VARIABLE');
  });

  it('never show their value in an error', () => {
    const env = { SECRET: 'canary-value', T: TOKEN };
    const texts = [
      'models:\n  - name: a\n    model_id: ${SECRET}\n',
      'models:\n  - name: a\n    model_id: ${T}\n',
      one('', '    torch_dtype: ${SECRET}\n'),
      one('', '    revision: "${SECRET} x"\n'),
      'models:\n  - name: "${SECRET} !"\n    model_id: o/n\n',
      one('evaluation:\n  positive_class: ${SECRET}\n'),
      one(`hf_tokne: ${TOKEN}\n`),
      one(`hf_token: [${TOKEN}]\n`),
      one(`data: ${TOKEN}\n`),
      one('', `    torch_dtype: ${TOKEN}\n`),
      `${one()}hf_token: "${TOKEN}\n`,
      `${TOKEN}: *${TOKEN}\n`,
    ];
    for (const text of texts) {
      const error = errorOf(text, env);
      const everything = `${error.toLine()} ${error.stack} ${inspect(error, { depth: 9 })}`;
      expect(everything).not.toContain('canary-value');
      expect(everything.replaceAll(`[${JSON.stringify(TOKEN)}]`, '')).not.toContain(TOKEN.slice(0, 12));
    }
  });
});

describe('tokens', () => {
  it('are read by name and by nothing else', () => {
    const config = parseConfig(
      `hf_token: \${T}\n${one('', `    hf_token: ${TOKEN}2\n`)}  - {name: b, model_id: o/m}\n`,
      'x',
      { T: TOKEN },
    );
    expect(tokenFor(config, config.models[0]!)).toBe(`${TOKEN}2`);
    expect(tokenFor(config, config.models[1]!)).toBe(TOKEN);
    for (const text of [
      JSON.stringify(config),
      inspect(config, { depth: 9 }),
      JSON.stringify({ ...config.models[0] }),
    ]) {
      expect(text).not.toContain('hf_Ab');
    }
  });

  it.each(['your_token_here', '${T:-}', '""', '" "'])('%s is none', (value) => {
    const config = parseConfig(`hf_token: ${value}\n${one()}`, 'x');
    expect(tokenFor(config, config.models[0]!)).toBeUndefined();
  });
});

let before = '';
beforeAll(() => {
  before = Object.getOwnPropertyNames(Object.prototype).join();
});
afterAll(() => {
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
});
