#!/usr/bin/env node
/**
 * `npx backstep`: the installed package, without a build. Without a command, with `serve`,
 * `--fresh` or `--migrate` it runs the gateway, with `verify-worker` the suite for workers, with
 * any other command the command line. On an older Node it only prints what is needed.
 */
import { whenParentEnds } from './parent.mjs';

const [, , command] = process.argv;
const serves = [undefined, 'serve', '--fresh', '--migrate'].includes(command);
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 17)) {
  process.stderr.write(
    `Backstep needs Node 22.17 or newer; this is Node ${process.versions.node}. Install a newer one (https://nodejs.org) and start again.\n`,
  );
  process.exitCode = 1;
} else {
  process.setSourceMapsEnabled(true);
  if (command === 'serve' || command === 'verify-worker') process.argv.splice(2, 1);
  const others =
    command === 'verify-worker' ? '../../dist/launch/verify/main.js' : '../../dist/cli/main.js';
  await import(serves ? '../../dist/main.js' : others);
  // npx starts a shell that starts this process; a shell that is ended by a signal does not pass it
  // on.
  if (serves && process.env.npm_lifecycle_event !== undefined)
    whenParentEnds(() => process.kill(process.pid, 'SIGTERM'));
}
