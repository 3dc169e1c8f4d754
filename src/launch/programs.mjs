/** Programs that installing and building run: started beside each other, ended when we are, their output kept for the case that they fail. */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** Packages or the build cannot be had; the message is for people, `output` is what the program printed. */
export class NotReady extends Error {
  constructor(message, output = '') {
    super(message);
    this.output = output;
  }
}

const running = new Set();
/** Of a long output the end is kept. */
const KEPT = 1024 * 1024;

/**
 * Runs a program in a folder, the clone's own programs first; rejects with NotReady and its output when it fails. Each leads a process
 * group of its own: npm starts install scripts, and endPrograms must reach those too.
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

/** For the end of this process: nothing that installs or builds outlives it. */
export function endPrograms(signal = 'SIGTERM') {
  for (const { pid } of running) {
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, signal);
    } catch {
      // It has ended by itself.
    }
  }
}
