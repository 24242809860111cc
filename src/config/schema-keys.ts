import { z } from 'zod';
import type { ConfigPath } from './config-issue.js';
import { configSchema } from './schema.js';

/** The keys that the schema knows at a path; `value` decides between the kinds of output field. */
export function keysAt(path: ConfigPath, value: unknown): string[] {
  let schema: z.core.$ZodType = unwrap(configSchema);
  let current = value;
  for (const part of path) {
    if (schema instanceof z.ZodObject) schema = unwrap(schema.shape[part as string] ?? z.never());
    else if (schema instanceof z.ZodArray) schema = unwrap(schema.element);
    else return [];
    current = (current as Record<string | number, unknown> | undefined)?.[part];
    schema = chooseOption(schema, current);
  }
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** Where else in the config a key lives, such as `generation.batch_size`; undefined when nowhere. */
export function placesOfKey(key: string): string | undefined {
  for (const [section, inner] of Object.entries(configSchema.shape)) {
    const schema = unwrap(inner);
    if (schema instanceof z.ZodObject && Object.hasOwn(schema.shape, key)) return `${section}.${key}`;
    if (schema instanceof z.ZodArray) {
      const element = unwrap(schema.element);
      if (element instanceof z.ZodObject && Object.hasOwn(element.shape, key)) return `${section}[].${key}`;
    }
  }
  return undefined;
}

function chooseOption(schema: z.core.$ZodType, value: unknown): z.core.$ZodType {
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema;
  const type = (value as { type?: unknown } | undefined)?.type;
  for (const option of schema.options as z.core.$ZodType[]) {
    if (option instanceof z.ZodObject && option.shape['type'] instanceof z.ZodLiteral) {
      if (option.shape['type'].value === type) return option;
    }
  }
  return schema;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let current = schema;
  while (
    current instanceof z.ZodDefault ||
    current instanceof z.ZodPrefault ||
    current instanceof z.ZodOptional
  ) {
    current = current.unwrap();
  }
  return current;
}
