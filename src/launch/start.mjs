/** `npm start`: makes the clone ready, then runs the gateway on the project's own Node; signals and the exit code pass through. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { NODE, ROOT, readyOrEnd } from './install-and-build.mjs';

const flags = process.argv.slice(2);
if (flags.includes('--version')) {
  process.stdout.write(`${JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version}\n`);
} else {
  readyOrEnd();
  if (!flags.includes('--build-only')) run();
}

function run() {
  const program = [
    '--enable-source-maps',
    '--disable-warning=TimeoutNegativeWarning',
    join(ROOT, 'dist', 'main.js'),
    ...flags,
  ];
  const gateway = spawn(NODE, program, { stdio: 'inherit' });
  let asked = false;
  // In a terminal Ctrl-C reaches the gateway by itself as well; it counts the first signal and no other.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      asked = true;
      gateway.kill(signal);
    });
  }
  gateway.on('error', (error) => {
    process.stderr.write(`${NODE} can not be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  gateway.on('exit', (code, signal) => {
    // Asked to stop before it listened for that, it has stopped as asked.
    process.exitCode = code ?? (asked ? 0 : 128 + (constants.signals[signal] ?? 0));
  });
}
