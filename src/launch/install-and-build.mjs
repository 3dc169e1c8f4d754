/**
 * Makes a clone ready to run: installs packages and builds sources, only what is missing or
 * outdated, and one process at a time. JavaScript without dependencies: it runs before anything is
 * installed, on any Node.
 */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Build } from './build.mjs';
import { alone } from './file-lock.mjs';
import { Packages } from './packages.mjs';
import { endPrograms, NotReady, runProgram } from './programs.mjs';
import { withProgress } from './progress.mjs';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A clone in a folder; the options are for tests. */
export class Clone {
  constructor(root = ROOT, { run = runProgram, out = process.stderr, nodeVersion } = {}) {
    this.root = root;
    this.print = (text) => out.write(`${text}\n`);
    const progress = (label, counted, work) => withProgress(label, counted, work, { out });
    this.packages = new Packages(root, { run, progress, nodeVersion });
    this.build = new Build(root, { run, packages: this.packages });
  }

  get node() {
    return this.packages.node;
  }

  /** Whether there is nothing to install and nothing to build. */
  isReady(all) {
    const built = this.build.stale().length === 0;
    return built && this.packages.missing(all, {}).length === 0;
  }

  /**
   * Resolves when everything is installed and built; rejects with NotReady when that fails. `all`:
   * also what tests and checks need; without it, installed packages stay, and only what the gateway
   * and its build need is added.
   */
  async ready({ all }) {
    if (this.isReady(all)) return;
    const cache = join(this.root, '.cache');
    try {
      mkdirSync(cache, { recursive: true });
      accessSync(cache, constants.W_OK);
    } catch (error) {
      throw new NotReady(
        `${this.root} cannot be written to (${error.code}); let its owner run npm start -- --build-only once`,
      );
    }
    const waiting = (pid) =>
      this.print(`Waiting for process ${pid}, which installs or builds here …`);
    await alone(join(cache, 'ready.lock'), waiting, () => this.installAndBuild(all));
  }

  async installAndBuild(all) {
    await this.packages.install(all, this.build.tools());
    if (this.build.stale().length === 0) return;
    const started = performance.now();
    this.print('Building …');
    await this.build.build();
    this.print(`Built in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  }
}

/** For programs: makes the clone ready, or prints the reason on stderr and ends the process. */
export async function readyOrEnd({ all = true } = {}) {
  const stop = (signal) => {
    endPrograms(signal);
    process.exit(1);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, stop);
  try {
    const clone = new Clone();
    await clone.ready({ all });
    return clone;
  } catch (error) {
    if (!(error instanceof NotReady)) throw error;
    process.stderr.write(`${error.output}\n${error.message}\n`.trimStart());
    process.exit(1);
  } finally {
    for (const signal of signals) process.removeListener(signal, stop);
  }
}
