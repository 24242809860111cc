import { RunScoringError } from '../foundation/errors.js';

/** Reads typed fields of a parsed config.json; every complaint names the key and the file. */
export class ConfigFields {
  constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    readonly file: string,
    private readonly path = '',
  ) {}

  /** The raw value; null and undefined both count as absent, as they do for the reference implementation. */
  raw(key: string): unknown {
    return Object.hasOwn(this.values, key) ? (this.values[key] ?? undefined) : undefined;
  }

  /** Whether the key is written at all, be it as null. */
  has(key: string): boolean {
    return Object.hasOwn(this.values, key);
  }

  integer(key: string, range: { min: number; max: number }, fallback?: number): number {
    const value = this.number(key, range, fallback);
    if (!Number.isInteger(value)) throw this.bad(key, `must be a whole number`);
    return value;
  }

  number(key: string, range: { min: number; max: number }, fallback?: number): number {
    const value = this.raw(key) ?? fallback;
    if (value === undefined) throw this.missing(key);
    if (typeof value !== 'number' || !(value >= range.min && value <= range.max)) {
      throw this.bad(key, `must be a number from ${range.min} to ${range.max}`);
    }
    return value;
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.raw(key) ?? fallback;
    if (typeof value !== 'boolean') throw this.bad(key, 'must be true or false');
    return value;
  }

  text(key: string): string | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'string') return value;
    throw this.bad(key, 'must be text');
  }

  /** A JSON object inside this one, or undefined. */
  child(key: string): ConfigFields | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (!isRecord(value)) throw this.bad(key, 'must be an object');
    return new ConfigFields(value, this.file, `${this.path}${key}.`);
  }

  missing(key: string): RunScoringError {
    return new RunScoringError('MODEL_CONFIG', `config.json has no ${this.path}${key}.`, {
      at: { file: this.file },
      hint: 'Is this the config.json of a language model, and is it whole?',
    });
  }

  bad(key: string, what: string): RunScoringError {
    return new RunScoringError('MODEL_CONFIG', `${this.path}${key} in config.json ${what}.`, {
      at: { file: this.file },
    });
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A word of somebody else's file, fit for a message: quoted, on one line, short. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
