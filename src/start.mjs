/** `npm start`: makes the clone ready, then runs the gateway on the project's own Node; signals and the exit code pass through. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { NODE, ROOT, ready } from './ready.mjs';

const flags = process.argv.slice(2);
ready();
if (!flags.includes('--build-only')) {
  const gateway = spawn(NODE, ['--enable-source-maps', '--disable-warning=TimeoutNegativeWarning', join(ROOT, 'dist', 'main.js'), ...flags], { stdio: 'inherit' });
  // In a terminal Ctrl-C reaches the gateway by itself; a signal to this process alone is passed on.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => gateway.kill('SIGTERM'));
  gateway.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 0);
  });
}
