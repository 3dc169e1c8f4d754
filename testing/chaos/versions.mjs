/** Other versions of this project, built from git into a folder of their own. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../steps.mjs';

const VERSIONS = join(ROOT, '.cache', 'versions');
const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();

/** The last commit whose database had a file less than the one of today. */
export function beforeNewestMigration() {
  const log = ['log', '-1', '--diff-filter=A', '--format=%H', '--', 'migrations/'];
  return `${git(...log)}^`;
}

export const migrationsOf = (root) =>
  readdirSync(join(root, 'migrations')).filter((name) => name.endsWith('.sql')).length;

/** {root, name, migrations}: the sources of the commit, installed and built. */
export async function versionOf(commit, print) {
  const sha = git('rev-parse', '--verify', `${commit}^{commit}`);
  const name = git('log', '-1', '--format=%h (%cs, %s)', sha);
  const root = join(VERSIONS, sha);
  if (!existsSync(join(root, 'dist', 'main.js'))) {
    print(`building ${name}`);
    await build(sha, root);
  }
  return { root, name, migrations: migrationsOf(root) };
}

/** Beside its place and then moved: a build that broke off is not used. */
async function build(sha, root) {
  const making = `${root}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  try {
    const archive = join(making, 'sources.tar');
    git('archive', '--format=tar', `--output=${archive}`, sha);
    execFileSync('tar', ['-xf', archive, '-C', making]);
    rmSync(archive);
    const child = spawn('npm', ['run', 'build'], { cwd: making, stdio: ['ignore', 2, 2] });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`npm run build of ${sha} ended with ${code}; see above`);
    rmSync(root, { recursive: true, force: true });
    renameSync(making, root);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}
