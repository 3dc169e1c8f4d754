/**
 * `npm start`, and with --cli first `npm run backstep`. Knows: npm, the build, processes. Refuses
 * to know: anything that is installed or built. In: a clone, flags. Out: the gateway or the command
 * line on a Node that is new enough; signals and the exit code pass through.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ROOT, readyOrEnd } from './install-and-build.mjs';
import { whenParentEnds } from './parent.mjs';

const cli = process.argv[2] === '--cli';
const flags = process.argv.slice(cli ? 3 : 2);
if (!cli && flags.includes('--version')) {
  process.stdout.write(`${JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version}\n`);
} else {
  const { node } = await readyOrEnd({ all: false });
  if (cli || !flags.includes('--build-only') || flags.includes('--help')) run(node);
}

/** What runs, and its arguments. */
function programOf() {
  if (!cli) return [join('bundle', 'main.js'), flags];
  const [command, ...others] = flags;
  return command === 'verify-worker' ? ['launch/verify/main.js', others] : ['cli/main.js', flags];
}

function run(node) {
  const [file, values] = programOf();
  const program = [
    '--enable-source-maps',
    '--disable-warning=TimeoutNegativeWarning',
    join(ROOT, 'dist', file),
    ...values,
  ];
  // What Node compiled is kept for the next start.
  const env = { NODE_COMPILE_CACHE: join(ROOT, '.cache', 'compiled'), ...process.env };
  // Nothing is sent over the channel: it closes when this process is killed, and the gateway stops
  // then.
  const gateway = spawn(node, program, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env });
  let stopping = false;
  const stop = (signal) => {
    stopping = true;
    gateway.kill(signal);
  };
  // In a terminal Ctrl-C also reaches the gateway directly; it ignores all signals after the first.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(signal));
  if (process.env.npm_lifecycle_event !== undefined) whenParentEnds(() => stop('SIGTERM'));
  gateway.on('error', (error) => {
    process.stderr.write(`${node} cannot be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  gateway.on('exit', (code, signal) => {
    // Without an exit code it was ended by the signal before it had a handler: it has stopped as
    // requested.
    process.exitCode = code ?? (stopping ? 0 : 128 + (constants.signals[signal] ?? 0));
  });
}
