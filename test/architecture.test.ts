import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAX_LINES = 400;

/** A folder imports only folders of a lower rank; folders of one rank never import each other. */
const RANKS: Record<string, number> = {
  foundation: 0,
  config: 1,
  table: 1,
  prompt: 1,
  grammar: 1,
  stats: 1,
  checkpoint: 1,
  onnx: 2,
  engine: 2,
  report: 2,
  backends: 3,
  scoring: 3,
  worker: 4,
  // The command line starts the children, so it stands above their entry.
  cli: 5,
};

interface SourceFile {
  /** From the repository's root, with `/`. */
  path: string;
  text: string;
  /** Imported files of the repository, from its root; type imports and dynamic imports count. */
  imports: string[];
  packages: string[];
}

function listFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.includes('node_modules/'))
    .sort();
}

const SPECIFIER =
  /(?:^|[\s;}])(?:import|export)\s+(?:type\s+)?(?:[\w*\s{},$]+\s+from\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g;

function specifiersOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  return [...code.matchAll(SPECIFIER)].map((match) => match[1] ?? match[2]!);
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const specifiers = specifiersOf(text);
  const toPath = (specifier: string) =>
    relative(ROOT, resolve(ROOT, dirname(path), specifier))
      .split(sep)
      .join('/')
      .replace(/\.js$/, '.ts');
  return {
    path,
    text,
    imports: specifiers.filter((name) => name.startsWith('.')).map(toPath),
    packages: specifiers.filter((name) => !name.startsWith('.')),
  };
}

/** What is loaded together with the file: neither types nor `import()`. */
function staticImports(path: string, text: string): string[] {
  return [...text.matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from\s+'(\.[^']+)'/gm)].map((match) =>
    relative(ROOT, resolve(ROOT, dirname(path), match[1]!))
      .split(sep)
      .join('/')
      .replace(/\.js$/, '.ts'),
  );
}

/** `src/engine/scheduler.ts` -> `engine`; undefined for a file that stands in src itself. */
function folderOf(path: string): string | undefined {
  const parts = path.split('/');
  return parts[0] === 'src' && parts.length > 2 ? parts[1] : undefined;
}

function rankBreaches(files: readonly Pick<SourceFile, 'path' | 'imports'>[]): string[] {
  const breaches: string[] = [];
  for (const { path, imports } of files) {
    const from = folderOf(path);
    for (const target of imports) {
      const to = folderOf(target);
      if (!target.startsWith('src/')) breaches.push(`${path} imports ${target}, outside src`);
      else if (from === undefined || to === from) continue;
      else if (to === undefined) breaches.push(`${path} imports ${target}, which is above all folders`);
      else if (!(RANKS[to]! < RANKS[from]!))
        breaches.push(`${path} (rank ${RANKS[from]}) imports ${target} (rank ${RANKS[to]})`);
    }
  }
  return breaches;
}

/** The files of one import circle, or undefined. Circles between files of one folder count too. */
function findCycle(files: readonly SourceFile[]): string[] | undefined {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const walk = (path: string, trail: string[]): string[] | undefined => {
    const seen = trail.indexOf(path);
    if (seen >= 0) return [...trail.slice(seen), path];
    if (done.has(path)) return undefined;
    for (const next of byPath.get(path)?.imports ?? []) {
      const cycle = walk(next, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const { path } of files) {
    const cycle = walk(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

const source = listFiles('src').map(readSource);
const all = [...source, ...[...listFiles('scripts'), ...listFiles('test')].map(readSource)];

describe('the layout', () => {
  it('finds the sources and every import form, so that the rules below see something', () => {
    expect(source.length).toBeGreaterThan(20);
    const text = `import a from './a.js';\nimport type { B } from "./b.js";\nimport './c.js';\nexport { d } from './d.js';
import {\n  e,\n  type F,\n} from './e.js';\nconst g = await import('./g.js');\n// import './no.js';\nexport * from './h.js';`;
    expect(specifiersOf(text).sort()).toEqual([
      './a.js',
      './b.js',
      './c.js',
      './d.js',
      './e.js',
      './g.js',
      './h.js',
    ]);
    const upwards = [
      { path: 'src/table/x.ts', imports: ['src/stats/y.ts', 'src/foundation/errors.ts', 'test/z.ts'] },
    ];
    expect(rankBreaches(upwards).length).toBe(2);
  });

  it('knows every folder of src', () => {
    const folders = new Set(source.map((file) => folderOf(file.path)).filter((name) => name !== undefined));
    expect([...folders].filter((name) => RANKS[name] === undefined)).toEqual([]);
  });

  it('lets a folder import lower ranks only', () => {
    expect(rankBreaches(source)).toEqual([]);
  });

  it('has no import circles', () => {
    expect(findCycle(source)).toBeUndefined();
  });

  it('resolves every relative import to a file', () => {
    const known = new Set(all.map((file) => file.path));
    const lost = source.flatMap((file) =>
      file.imports.filter((path) => !known.has(path)).map((path) => `${file.path} -> ${path}`),
    );
    expect(lost).toEqual([]);
  });

  it('keeps transformers.js and onnxruntime-node in src/backends', () => {
    const heavy = /^(?:@huggingface\/transformers|onnxruntime-node)(?:\/|$)/;
    const outside = source.filter(
      (file) => folderOf(file.path) !== 'backends' && file.packages.some((name) => heavy.test(name)),
    );
    expect(outside.map((file) => file.path)).toEqual([]);
  });

  it('keeps the libraries of workbooks and Parquet in their folders, loaded only when they are needed', () => {
    const homes = [
      { home: 'src/table/xlsx/', libraries: /^(?:yauzl|yazl|saxes)$/ },
      { home: 'src/table/parquet/', libraries: /^hyparquet(?:-|\/|$)/ },
      // The caller's own are used.
      { home: 'nowhere', libraries: /^(?:apache-arrow|nodejs-polars)(?:\/|$)/ },
    ];
    for (const { home, libraries } of homes) {
      const outside = source.filter(({ path }) => !path.startsWith(home));
      expect(source.some((file) => file.packages.some((name) => libraries.test(name)))).toBe(
        home !== 'nowhere',
      );
      const users = outside.filter((file) => file.packages.some((name) => libraries.test(name)));
      expect(users.map((file) => file.path)).toEqual([]);
      const loaders = outside.filter(({ path, text }) =>
        staticImports(path, text).some((target) => target.startsWith(home)),
      );
      expect(loaders.map((file) => file.path)).toEqual([]);
    }
    expect(
      staticImports('src/a/b.ts', "import type { A } from './a.js';\nimport {\n  c,\n} from '../c.js';"),
    ).toEqual(['src/c.ts']);
  });

  it(`keeps files short (at most ${MAX_LINES} lines)`, () => {
    const long = all.filter((file) => file.text.split('\n').length - 1 > MAX_LINES);
    expect(long.map((file) => file.path)).toEqual([]);
  });

  it('names files and folders in kebab-case, with no drawer for everything', () => {
    const parts = all.flatMap((file) =>
      file.path.replace(/(?:\.(?:long|faults|d))?(?:\.(?:test|config))?\.ts$/, '').split('/'),
    );
    expect(parts.filter((part) => !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(part))).toEqual([]);
    expect(parts.filter((part) => /^(?:utils?|helpers?|common|misc)$/.test(part))).toEqual([]);
  });

  it('has no barrel file but src/index.ts', () => {
    expect(source.filter((file) => file.path.endsWith('/index.ts')).map((file) => file.path)).toEqual(
      source.some((file) => file.path === 'src/index.ts') ? ['src/index.ts'] : [],
    );
  });
});
