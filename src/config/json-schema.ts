import { z } from 'zod';
import { configSchema } from './schema.js';

/** The config's JSON Schema as the text of `config/config.schema.json`; editors use it to complete and check. */
export function configJsonSchema(): string {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      // The default rubric is long; an editor that shows it on hover helps nobody.
      if (typeof jsonSchema.default === 'string' && jsonSchema.default.length > 200)
        delete jsonSchema.default;
    },
  });
  return `${JSON.stringify({ title: 'run-scoring config', ...schema }, null, 2)}\n`;
}
