import { createRequire } from 'node:module';
import { RunScoringError } from '../foundation/errors.js';
import type { DataFrame } from './data-frame.js';

/** What of a DataFrame of nodejs-polars is used. */
interface PolarsFrame {
  readonly columns: readonly string[];
  getColumn(name: string): { toArray(): unknown[] };
  withColumns(...series: unknown[]): PolarsFrame;
}

interface Polars {
  readonly DataFrame: { isDataFrame(frame: unknown): boolean };
  readonly Series: (name: string, values: readonly unknown[], type: unknown) => unknown;
  readonly Utf8: unknown;
  readonly Float64: unknown;
}

/** Undefined for what is no DataFrame of nodejs-polars. */
export function polarsFrame(frame: unknown): DataFrame<PolarsFrame> | undefined {
  if (Object.prototype.toString.call(frame) !== '[object DataFrame]') return undefined;
  const given = frame as PolarsFrame;
  if (typeof given.getColumn !== 'function' || typeof given.withColumns !== 'function') return undefined;
  return {
    header: given.columns,
    values: (column) => given.getColumn(column).toArray(),
    withColumns: (columns) => {
      if (columns.length === 0) return given;
      const polars = loadedPolars(frame);
      const series = columns.map(({ name, values, numeric }) =>
        polars.Series(name, values, numeric ? polars.Float64 : polars.Utf8),
      );
      return given.withColumns(...series);
    },
  };
}

/** The very module that made the frame: who has a frame has loaded it, and it is of the kind that Node lists. */
function loadedPolars(frame: unknown): Polars {
  const { cache } = createRequire(import.meta.url);
  for (const module of Object.values(cache)) {
    if (module === undefined || !/[\\/]nodejs-polars[\\/]bin[\\/]index\.js$/.test(module.filename)) continue;
    const { exports } = module as { exports: { default?: Polars } & Polars };
    const polars = exports.default ?? exports;
    if (polars.DataFrame?.isDataFrame(frame)) return polars;
  }
  throw new RunScoringError('USAGE_DATA_FRAME', 'The nodejs-polars that made the table was not found.', {
    hint: 'Do not bundle it, or give the rows: frame.toRecords().',
  });
}
