import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { RunScoringError } from '../foundation/errors.js';
import { ExitCode } from '../foundation/exit-codes.js';
import { nearestName } from '../foundation/nearest-name.js';
import { SUBCOMMANDS } from './commands.js';
import { packageRoot } from './package-root.js';
import { addRunOptions, RUN_HELP } from './run-options.js';

/**
 * Reads the command line and runs what it names; without a name that is scoring. Heavy modules are imported only by
 * the command that runs, so help and usage errors answer at once.
 * @param args without node and script
 */
export async function runProgram(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = ExitCode.done;
  const program = new Command('run-scoring')
    .description('Score the texts of a table with up to three language models on your own machine.')
    .version(packageVersion())
    .enablePositionalOptions()
    .helpCommand(true)
    .allowExcessArguments()
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeErr: () => {}, outputError: () => {} });
  addRunOptions(program).addHelpText('after', RUN_HELP);
  program.action(async (options: Record<string, unknown>, command: Command) => {
    if (command.args.length > 0) throw unknownCommand(command.args[0]!);
    if (args.length === 0) {
      process.stderr.write(program.helpInformation());
      throw new RunScoringError('USAGE_MISSING', 'Nothing to do: --input and --output are missing.');
    }
    const { run } = await import('./run-command.js');
    code = await run(options, args);
  });

  for (const entry of SUBCOMMANDS) {
    const command = program.command(entry.name).description(entry.summary);
    command.copyInheritedSettings(program).allowExcessArguments(false);
    if (!args.includes(entry.name)) continue;
    const subcommand = await entry.load();
    subcommand.configure(command);
    command.action(async () => {
      code = await subcommand.run(command.opts(), command.args);
    });
  }

  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // --help and --version end this way too.
    if (error.exitCode === 0) return ExitCode.done;
    throw new RunScoringError('USAGE_OPTION', oneLine(error.message));
  }
  return code;
}

/** `error: unknown option '--x'\n(Did you mean --y?)` -> `Unknown option '--x' (Did you mean --y?)` */
function oneLine(message: string): string {
  const text = message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function unknownCommand(name: string): RunScoringError {
  const near = nearestName(
    name,
    SUBCOMMANDS.map((entry) => entry.name),
  );
  const hint = near === undefined ? 'See run-scoring --help.' : `Did you mean "${near}"?`;
  return new RunScoringError('USAGE_COMMAND', `There is no command ${JSON.stringify(name.slice(0, 60))}.`, {
    hint,
  });
}

function packageVersion(): string {
  const manifest = readFileSync(join(packageRoot(), 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
