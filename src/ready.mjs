/**
 * Makes a clone ready to run: packages installed, sources built — only what is missing or older than its source, and one process at a time.
 * Plain JavaScript without dependencies: it runs before anything is installed, under whatever Node is there.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CACHE = join(ROOT, '.cache');
export const NODE = join(ROOT, 'node_modules', '.bin', 'node');

const say = (text) => process.stderr.write(`${text}\n`);

/** Files below a folder, sorted. */
export function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  if (statSync(folder).isFile()) return [folder];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]));
}

/** Changes when a name or a content does. */
export function stampOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesBelow)) hash.update(path.slice(ROOT.length)).update(readFileSync(path));
  return hash.digest('hex');
}

function stampIn(name) {
  const path = join(CACHE, `${name}.stamp`);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

function setStamp(name, stamp) {
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(join(CACHE, `${name}.stamp`), stamp);
}

function run(command, args, what) {
  const path = `${join(ROOT, 'node_modules', '.bin')}:${process.env.PATH}`;
  const result = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', env: { ...process.env, PATH: path }, maxBuffer: 64 * 1024 * 1024 });
  if (result.status === 0) return true;
  say(`${result.stdout ?? ''}${result.stderr ?? ''}`.trim());
  say(`${what} failed${result.error ? `: ${result.error.message}` : ''}`);
  return false;
}

const INSTALLED = ['package.json', 'package-lock.json'].map((name) => join(ROOT, name));

export function isInstalled() {
  return existsSync(NODE) && stampIn('install') === stampOf(INSTALLED);
}

export function install() {
  if (isInstalled()) return;
  const started = Date.now();
  say('Installing packages (once; about a minute) …');
  // Not `npm ci`: it wants every platform's optional packages in the lock, and some registries do not have them all.
  if (!run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], 'npm install')) {
    say('Packages could not be installed. Is the npm registry within reach? Try: npm install');
    process.exit(1);
  }
  setStamp('install', stampOf(INSTALLED));
  say(`Packages installed in ${Math.round((Date.now() - started) / 1000)} s.`);
}

const SERVER = ['src', 'tsconfig.json', 'package-lock.json'].map((name) => join(ROOT, name));
const PAGES = join(ROOT, 'src', 'api', 'graphiql');

export function build() {
  const server = stampOf(SERVER);
  const pages = stampOf([PAGES, join(ROOT, 'package-lock.json')]);
  const needsServer = stampIn('build') !== server || !existsSync(join(ROOT, 'dist', 'main.js'));
  const needsPages = existsSync(join(PAGES, 'vite.config.mjs')) && (stampIn('pages') !== pages || !existsSync(join(ROOT, 'dist', 'graphiql', 'index.html')));
  if (!needsServer && !needsPages) return;
  say('Building (once per change; about half a minute) …');
  if (needsServer) {
    rmSync(join(CACHE, 'tsconfig.tsbuildinfo'), { force: true });
    if (!run(NODE, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'], 'The build')) process.exit(1);
    copyPlain();
  }
  if (needsPages && !run(NODE, [join('node_modules', 'vite', 'bin', 'vite.js'), 'build', '--config', join(PAGES, 'vite.config.mjs')], 'The build of GraphiQL')) process.exit(1);
  setStamp('build', server);
  setStamp('pages', pages);
}

/** What tsc does not carry over: the demo's documents. */
function copyPlain() {
  const from = join(ROOT, 'src', 'demo', 'documents');
  for (const path of filesBelow(from)) {
    const to = join(ROOT, 'dist', 'demo', 'documents', path.slice(from.length + 1));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, readFileSync(path));
  }
}

/** Runs the work while no other process of this clone does; a lock left by a dead process counts for nothing. */
export function alone(work) {
  mkdirSync(CACHE, { recursive: true });
  const lock = join(CACHE, 'ready.lock');
  for (let told = false; ; ) {
    try {
      const file = openSync(lock, 'wx');
      writeFileSync(file, String(process.pid));
      closeSync(file);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const pid = Number(readFileSync(lock, 'utf8')) || 0;
      if (pid > 0 && !lives(pid)) rmSync(lock, { force: true });
      else if (!told) {
        say('Another start of this folder is installing or building; waiting for it …');
        told = true;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function lives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Installed and built when it returns; exits with a message when that cannot be. */
export function ready({ withBuild = true } = {}) {
  alone(() => {
    install();
    if (withBuild) build();
  });
}

export function nodeVersion() {
  return execFileSync(NODE, ['--version'], { encoding: 'utf8' }).trim();
}
