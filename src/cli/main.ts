/** Runs the command line and ends with its exit code. */
import { runCommand } from './program.js';

process.exitCode = await runCommand(process.argv.slice(2));
