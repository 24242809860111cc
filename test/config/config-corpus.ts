import { readFileSync } from 'node:fs';
import { parseConfig } from '../../src/config/load-config.js';
import { RunScoringError } from '../../src/foundation/errors.js';
import { mutate, randomSource } from '../scoring/response-parser-corpus.js';

const SHIPPED = ['config.yaml', 'llama.yaml'].map((name) =>
  readFileSync(new URL(`../../config/${name}`, import.meta.url), 'utf8').replace(/^ *#.*\n/gm, ''),
);

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: a variable of the config, not of this file
const SEEDS = [
  ...SHIPPED,
  'models: [{name: a, model_id: o/n}]\ngeneration: {batch_size: 4, num_beams: 1}\nprompt: {system: "x ${HOME:-y}"}\n',
  'base: &b {model_id: o/n}\nmodels:\n  - {name: a, <<: *b}\n',
  'models:\n- name: a\n  model_id: o/n\nprompt:\n  system: |\n    Sort it.\noutput:\n  fields:\n  - {name: f, type: enum, values: [a, b]}\n  - {name: l, type: string_list, values: [x]}\n',
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above

/** Feeds mutated configs to the parser: the only way to fail is a RunScoringError of one short line. */
export function fuzzConfig(count: number, seed: number): { accepted: number; slowestMs: number } {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  let accepted = 0;
  let slowestMs = 0;
  for (let i = 0; i < count; i++) {
    const text = mutate(SEEDS[i % SEEDS.length]!, randomSource(seed + i));
    const started = performance.now();
    try {
      const config = parseConfig(text, 'c.yaml', { HOME: 'h' });
      config.validate();
      if (config.getEnabledModels().length === 0)
        throw new Error(`mutation ${seed + i}: no model is enabled`);
      accepted += 1;
    } catch (error) {
      if (!(error instanceof RunScoringError)) throw error;
      const line = error.toLine();
      if (!line.startsWith('c.yaml') || line.length > 700 || line.includes('\n'))
        throw new Error(`mutation ${seed + i}: ${line}`);
    }
    slowestMs = Math.max(slowestMs, performance.now() - started);
  }
  if (Object.getOwnPropertyNames(Object.prototype).join() !== before)
    throw new Error('a prototype was changed');
  return { accepted, slowestMs };
}
