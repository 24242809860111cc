import type { Command } from 'commander';
import type { ExitCode } from '../foundation/exit-codes.js';

/**
 * What a subcommand's file exports. The file is imported only when its command was typed,
 * so it may import what it needs at its top.
 */
export interface Subcommand {
  /** Adds arguments, options and help text. */
  configure(command: Command): void;
  /**
   * Runs the command with commander's parsed options and arguments.
   * @throws RunScoringError, which becomes one line on stderr and the exit code of its kind
   */
  run(options: Record<string, unknown>, args: readonly string[]): Promise<ExitCode>;
}

export interface SubcommandEntry {
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  load(): Promise<Subcommand>;
}

/** Scoring is the default and needs no name; these are the others, in the order of `--help`. */
export const SUBCOMMANDS: readonly SubcommandEntry[] = [
  {
    name: 'compare',
    summary: 'show how far the models of a scored table agree, and where they do not',
    load: () => import('./compare-command.js'),
  },
  {
    name: 'evaluate',
    summary: 'measure the models of a scored table against labels that people gave',
    load: () => import('./evaluate-command.js'),
  },
  {
    name: 'ensemble',
    summary: 'let the models of a scored table vote, row by row',
    load: () => import('./ensemble-command.js'),
  },
  {
    name: 'review',
    summary: "pick the rows that are most worth a person's look",
    load: () => import('./review-command.js'),
  },
  {
    name: 'validate',
    summary: 'check a config and show which models would run',
    load: () => import('./validate-command.js'),
  },
  {
    name: 'fetch',
    summary: 'fetch and convert the models of a config, so that runs need no network',
    load: () => import('./fetch-command.js'),
  },
  {
    name: 'inspect',
    summary: 'show what a model is, how large, and where it would come from',
    load: () => import('./inspect-command.js'),
  },
];
