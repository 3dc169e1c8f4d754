/**
 * Runs the programs of installing and building: concurrently, ended with this process, with their
 * output kept for errors.
 */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

/**
 * Installing or building has failed. The message is for people; `output` is what the program
 * printed.
 */
export class NotReady extends Error {
  constructor(message, output = '') {
    super(message);
    this.output = output;
  }
}

const running = new Set();
/** Characters of output that are kept, from its end. */
const KEPT = 1024 * 1024;

/**
 * Runs a program in a folder, with the clone's node_modules/.bin first on the PATH; rejects with
 * NotReady when it fails. Each runs in a process group of its own, so that endPrograms also ends
 * the install scripts that npm starts.
 */
export function runProgram({ root, folder = root, command, args, failed }) {
  const path = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`;
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  running.add(child);
  let output = '';
  const keep = (chunk) => {
    output = (output + chunk).slice(-KEPT);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      running.delete(child);
      reject(new NotReady(`${failed}: ${error.message}`));
    });
    child.on('close', (code) => {
      running.delete(child);
      if (code === 0) resolve();
      else reject(new NotReady(failed, output.trim()));
    });
  });
}

/** Ends all running programs, when this process ends. */
export function endPrograms(signal = 'SIGTERM') {
  for (const { pid } of running) {
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, signal);
    } catch {
      // It has ended by itself.
    }
  }
}
