#!/usr/bin/env node
import { ExitCode } from '../foundation/exit-codes.js';
import { runProgram } from './program.js';
import { reportError } from './report-error.js';

// A reader that went away (`| head`) must not end hours of scoring, and a message that nobody reads is no error.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

const crash = (error: unknown) => {
  void reportError(error).finally(() => process.exit(ExitCode.internal));
};
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);

let code: ExitCode;
try {
  code = await runProgram(process.argv.slice(2));
} catch (error) {
  code = await reportError(error);
}
process.exitCode = code;
// Everything is written by now; a handle that somebody forgot must not keep the process alive.
setTimeout(() => process.exit(code), 2_000).unref();
