import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLError } from 'yaml';
import { RunScoringError } from '../foundation/errors.js';
import type { ConfigPath, Locate, Position } from './config-issue.js';

/** Far above any real config, far below what an alias bomb needs to hurt. */
const MAX_NODES = 20_000;
const MAX_DEPTH = 50;

/** The parser's own messages may quote the file, and with it a secret; these do not. */
const SENTENCES: Partial<Record<YAMLError['code'], string>> = {
  BAD_ALIAS: 'An alias (*name) has no anchor (&name) before it.',
  BAD_DIRECTIVE: 'The % directive is not valid YAML.',
  BAD_DQ_ESCAPE:
    'The backslash sequence in the double-quoted text is not valid; single quotes take it literally.',
  BAD_INDENT: 'The indentation is wrong, or a closing bracket is missing.',
  BAD_SCALAR_START: 'A plain text may not start with this character; put it in quotes.',
  BLOCK_AS_IMPLICIT_KEY: 'There is a second ":" on the line; put texts with a colon in quotes.',
  DUPLICATE_KEY: 'This key stands twice in the same group.',
  MISSING_CHAR: 'A closing quote, bracket or other character is missing.',
  MULTILINE_IMPLICIT_KEY: 'A key must stand on one line and be followed by ":".',
  MULTIPLE_DOCS: 'The file holds more than one YAML document (---).',
  NON_STRING_KEY: 'A key must be plain text.',
  RESOURCE_EXHAUSTION: 'The file is nested too deeply or expands too far.',
  TAB_AS_INDENT: 'The line is indented with a tab; YAML wants spaces.',
  TAG_RESOLVE_FAILED: 'The tag (!name) is not supported.',
  UNEXPECTED_TOKEN: 'There is something here that YAML does not allow.',
};

export interface YamlDocument {
  /** Plain objects (without a prototype), arrays, strings, numbers, booleans. Keys with an empty value are left out. */
  readonly value: unknown;
  readonly locate: Locate;
}

/**
 * Parses one YAML 1.2 document. Warnings are errors, duplicate keys are refused, aliases are allowed but bounded.
 * @throws RunScoringError CONFIG_SYNTAX with line and column
 */
export function parseYaml(text: string, file: string): YamlDocument {
  const lines = new LineCounter();
  const syntaxError = (message: string, offset: number): RunScoringError => {
    const { line, col } = lines.linePos(offset);
    return new RunScoringError('CONFIG_SYNTAX', message, { at: { file, line, column: col } });
  };
  const document = parse(text, lines, file);
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    throw syntaxError(SENTENCES[problem.code] ?? `This is not valid YAML (${problem.code}).`, problem.pos[0]);
  }

  const values = new Map<string, Position>();
  const keys = new Map<string, Position>();
  const place = (node: Node | null): Position | undefined => {
    if (node?.range == null) return undefined;
    const { line, col } = lines.linePos(node.range[0]);
    return { line, column: col };
  };
  let nodes = 0;

  const toPlain = (node: Node | null, path: ConfigPath): unknown => {
    nodes += 1;
    if (nodes > MAX_NODES || path.length > MAX_DEPTH) {
      throw syntaxError(SENTENCES.RESOURCE_EXHAUSTION!, node?.range?.[0] ?? 0);
    }
    const position = place(node);
    if (position !== undefined) values.set(pathKey(path), position);
    if (isAlias(node)) return toPlain(node.resolve(document) ?? null, path);
    if (isMap(node)) {
      const object: Record<string, unknown> = Object.create(null);
      for (const pair of node.items) {
        const name = isScalar(pair.key) ? String(pair.key.value) : '';
        const inner = [...path, name];
        const keyPosition = place(pair.key as Node);
        if (keyPosition !== undefined) keys.set(pathKey(inner), keyPosition);
        const value = toPlain(pair.value as Node | null, inner);
        // `key:` with nothing behind it counts as not given.
        if (value !== null) object[name] = value;
      }
      return object;
    }
    if (isSeq(node)) return node.items.map((item, index) => toPlain(item as Node | null, [...path, index]));
    return isScalar(node) ? node.value : null;
  };

  const value = toPlain(document.contents as Node | null, []);
  const locate: Locate = (path, atKey) => {
    if (atKey) {
      const key = keys.get(pathKey(path));
      if (key !== undefined) return key;
    }
    for (let length = path.length; length >= 0; length--) {
      const inner = pathKey(path.slice(0, length));
      const found = values.get(inner) ?? keys.get(inner);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return { value, locate };
}

function parse(text: string, lines: LineCounter, file: string) {
  try {
    return parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      stringKeys: true,
      strict: true,
      uniqueKeys: true,
      version: '1.2',
      logLevel: 'error',
    });
  } catch {
    // The parser recurses: thousands of open brackets overflow its stack.
    throw new RunScoringError('CONFIG_SYNTAX', SENTENCES.RESOURCE_EXHAUSTION!, { at: { file } });
  }
}

function pathKey(path: ConfigPath): string {
  return JSON.stringify(path);
}
