/**
 * The packages of a clone. Those of the gateway are in node_modules, for tests all are there. Build
 * tools that are not (TypeScript, the bundler of the page, a newer Node) are installed in
 * .cache/tools, with the versions of the same lock.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { belongsHere, cutLock, packagesIn } from './lock-file.mjs';
import { NotReady } from './programs.mjs';

/** The oldest Node that runs the gateway. */
const OLDEST = [22, 17];
const AWAY = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network/i;
const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies'];
const FLAGS = ['--no-audit', '--no-fund', '--loglevel=error'];

export function runsTheGateway(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

export class Packages {
  constructor(root, { run, progress, nodeVersion = process.versions.node }) {
    Object.assign(this, { root, run, progress, nodeVersion });
  }

  at(...names) {
    return join(this.root, ...names);
  }

  locked() {
    return packagesIn(this.at('package-lock.json'));
  }

  /** The packages that npm has installed; null = nothing yet. */
  installed(folder = this.root) {
    return packagesIn(join(folder, 'node_modules', '.package-lock.json'));
  }

  /**
   * Whether development packages are installed: then a new installation includes them as well, so
   * that a start removes nothing.
   */
  hasAll() {
    return Object.values(this.installed() ?? {}).some(({ dev }) => dev === true);
  }

  /**
   * The first package that is missing, or in another version; null = none. Packages of other
   * platforms do not count.
   */
  lacks(all) {
    const [there, locked] = [this.installed(), this.locked()];
    if (there === null) return 'node_modules';
    if (locked === null) return 'package-lock.json';
    const manifest = JSON.parse(readFileSync(this.at('package.json'), 'utf8'));
    const wanted = (from) =>
      JSON.stringify(KINDS.map((kind) => Object.entries(from?.[kind] ?? {}).sort()));
    if (wanted(manifest) !== wanted(locked[''])) return 'package.json';
    const missed = ([path, { version, optional, devOptional, dev }]) =>
      path !== '' &&
      optional !== true &&
      (all || (dev !== true && devOptional !== true)) &&
      there[path]?.version !== version;
    const [missing] = Object.entries(locked).find(missed) ?? [];
    return missing ?? (all && !existsSync(this.ownNode) ? this.ownNode : null);
  }

  get ownNode() {
    return this.at('node_modules', '.bin', 'node');
  }

  /**
   * The Node that runs the gateway and the build: the clone's own, else the current one if it is
   * new enough, else one in .cache/tools.
   */
  get node() {
    if (existsSync(this.ownNode)) return this.ownNode;
    if (runsTheGateway(this.nodeVersion)) return process.execPath;
    return this.at('.cache', 'tools', 'node', 'node_modules', '.bin', 'node');
  }

  /**
   * The folder whose node_modules have these packages in their locked versions: the clone, or one
   * in .cache/tools; null = none.
   */
  homeOf(name, packages) {
    const locked = this.locked() ?? {};
    const has = (folder) => {
      const there = this.installed(folder) ?? {};
      return packages.every((one) => {
        const path = `node_modules/${one}`;
        return there[path] !== undefined && there[path].version === locked[path]?.version;
      });
    };
    const folder = this.at('.cache', 'tools', name);
    return { folder, home: [this.root, folder].find(has) ?? null };
  }

  /**
   * The installations to do, so that the gateway (or everything, for tests) and these tools are
   * there: folder, arguments, paths.
   */
  missing(all, tools) {
    const locked = this.locked();
    if (locked === null)
      throw new NotReady(
        'package-lock.json is missing; restore it: git checkout package-lock.json',
      );
    const full = all || this.hasAll();
    const jobs = this.lacks(all) === null ? [] : [this.cloneJob(full, locked)];
    if (full && jobs.length > 0) return jobs;
    const needed = { ...tools };
    if (this.node.includes(join('.cache', 'tools'))) needed.node = ['node'];
    for (const [name, packages] of Object.entries(needed)) {
      const { folder, home } = this.homeOf(name, packages);
      if (home === null) jobs.push(this.toolJob(folder, packages, locked));
    }
    return jobs;
  }

  cloneJob(full, locked) {
    const wanted = Object.entries(locked).filter(
      ([path, one]) => path !== '' && belongsHere(one) && (full || one.dev !== true),
    );
    const args = full ? ['--include=dev'] : ['--omit=dev'];
    return { folder: this.root, args, paths: wanted.map(([path]) => path) };
  }

  toolJob(folder, packages, locked) {
    const { manifest, lock } = cutLock(locked, packages);
    const { allowScripts } = JSON.parse(readFileSync(this.at('package.json'), 'utf8'));
    const prepare = () => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, allowScripts }));
      writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
    };
    const wanted = Object.entries(lock.packages).filter(
      ([path, one]) => path !== '' && belongsHere(one),
    );
    return { folder, prepare, args: ['--include=dev'], paths: wanted.map(([path]) => path) };
  }

  /**
   * Installs by `npm ci`, which never changes the lock, and fails when package.json does not match
   * it.
   */
  async install(all, tools) {
    const jobs = this.missing(all, tools);
    if (jobs.length === 0) return;
    const paths = jobs.flatMap((job) => job.paths.map((path) => join(job.folder, path)));
    const count = () => paths.filter((path) => existsSync(join(path, 'package.json'))).length;
    for (const { prepare } of jobs) prepare?.();
    await this.progress('Installing packages', { total: paths.length, count }, () =>
      Promise.all(jobs.map((job) => this.runNpm(job))),
    );
    // The package of Node keeps the headers for native modules, which nothing here builds: 68 MB.
    const ofNode = this.at('.cache', 'tools', 'node', 'node_modules', 'node', 'node_modules');
    rmSync(ofNode, { recursive: true, force: true });
    this.confirm(all);
  }

  async runNpm({ folder, args }) {
    try {
      await this.run({
        root: this.root,
        folder,
        command: 'npm',
        args: ['ci', ...args, ...FLAGS],
        failed: 'npm ci failed',
      });
    } catch (error) {
      const why = AWAY.test(error.output)
        ? 'the npm registry cannot be reached (npm config get registry shows which)'
        : 'npm ci failed';
      throw new NotReady(
        `Packages could not be installed: ${why}. Once that is fixed, start again.`,
        error.output,
      );
    }
  }

  confirm(all) {
    const lacking = this.lacks(all);
    if (lacking === this.ownNode || !existsSync(this.node)) {
      throw new NotReady(
        'The package `node` did not bring its program: npm install scripts are off. Allow them: npm config set ignore-scripts false',
      );
    }
    if (lacking !== null)
      throw new NotReady(
        `npm ci succeeded, but ${lacking} is not in the version of package-lock.json. Remove node_modules and start again.`,
      );
  }
}
