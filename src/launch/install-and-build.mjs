/**
 * Makes a clone ready to run: packages installed, sources built — only what is missing or older than its source, and one process at a time.
 * Plain JavaScript without dependencies: it runs before anything is installed, under whatever Node is there.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alone } from './file-lock.mjs';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const NODE = join(ROOT, 'node_modules', '.bin', 'node');

/** Packages or the build can not be had; the message is for people, `output` is what the program said. */
export class NotReady extends Error {
  constructor(message, output = '') {
    super(message);
    this.output = output;
  }
}

/** Files below a folder, sorted. */
function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  if (statSync(folder).isFile()) return [folder];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
    );
}

/** Runs a program in the clone, the clone's own programs first; throws NotReady with all it said when it fails. */
function runIn(root, command, args, failed) {
  const env = {
    ...process.env,
    PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`,
  };
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status === 0) return;
  throw new NotReady(
    result.error ? `${failed}: ${result.error.message}` : failed,
    `${result.stdout ?? ''}${result.stderr ?? ''}`.trim(),
  );
}

const AWAY = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network/i;
const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies'];

function packagesIn(path) {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')).packages ?? {}) : null;
}

/** A clone in a folder; `run` and `say` are for tests. */
export class Clone {
  constructor(
    root = ROOT,
    { run = runIn, say = (text) => process.stderr.write(`${text}\n`) } = {},
  ) {
    this.root = root;
    this.run = run;
    this.say = say;
    this.node = this.at('node_modules', '.bin', 'node');
  }

  at(...names) {
    return join(this.root, ...names);
  }

  /** The first package that is asked for and not there in that version; null = all are. Those of other platforms are not missed. */
  lacks() {
    const there = packagesIn(this.at('node_modules', '.package-lock.json'));
    const locked = packagesIn(this.at('package-lock.json'));
    if (there === null || locked === null)
      return there === null ? 'node_modules' : 'package-lock.json';
    const asked = JSON.parse(readFileSync(this.at('package.json'), 'utf8'));
    const said = (from) =>
      JSON.stringify(KINDS.map((kind) => Object.entries(from?.[kind] ?? {}).sort()));
    if (said(asked) !== said(locked[''])) return 'package.json';
    const missed = ([path, { version, optional }]) =>
      path !== '' && !optional && there[path]?.version !== version;
    return Object.entries(locked).find(missed)?.[0] ?? (existsSync(this.node) ? null : this.node);
  }

  install() {
    if (this.lacks() === null) return;
    const started = Date.now();
    this.say('Installing packages (once; about a minute) …');
    try {
      // Not `npm ci`: it wants every platform's optional packages in the lock, and some registries do not have them all.
      this.run(
        this.root,
        'npm',
        ['install', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
        'npm install failed',
      );
    } catch (error) {
      const away = AWAY.test(error.output);
      const why = away
        ? 'the npm registry can not be reached (npm config get registry says which)'
        : 'npm install failed';
      throw new NotReady(
        `Packages could not be installed: ${why}. Once that is mended, start again.`,
        error.output,
      );
    }
    const lacking = this.lacks();
    if (lacking === this.node) {
      throw new NotReady(
        "The package `node` did not bring its program. Are npm's install scripts off (npm config get ignore-scripts)?",
      );
    }
    if (lacking !== null)
      throw new NotReady(
        `npm install went well, but ${lacking} is not as package-lock.json says. Try: npm install`,
      );
    this.say(`Packages installed in ${Math.round((Date.now() - started) / 1000)} s.`);
  }

  /** Changes when a name or a content does. */
  stampOf(...paths) {
    const hash = createHash('sha256');
    for (const path of paths.map((one) => this.at(one)).flatMap(filesBelow)) {
      hash.update(path.slice(this.root.length)).update('\0').update(readFileSync(path));
    }
    return hash.digest('hex');
  }

  /** What is built: from what, with what, and how one sees that it is there. Only what has its `needs` is built. */
  parts() {
    const own = (...paths) => ({
      sources: ['package-lock.json', ...paths],
      stamp: (name) => this.at('.cache', `${name}.stamp`),
    });
    const pages = join('src', 'api', 'graphiql', 'vite.config.mjs');
    return [
      {
        name: 'build',
        ...own('src', 'tsconfig.json'),
        needs: 'tsconfig.json',
        result: join('dist', 'main.js'),
        build: () => this.buildServer(),
      },
      {
        name: 'pages',
        ...own(join('src', 'api', 'graphiql')),
        needs: pages,
        result: join('dist', 'graphiql', 'index.html'),
        build: () =>
          this.tool('vite', ['build', '--config', pages], 'The build of GraphiQL failed'),
      },
    ];
  }

  isFresh({ name, sources, needs, result, stamp }) {
    if (!existsSync(this.at(needs))) return true;
    const file = stamp(name);
    return (
      existsSync(this.at(result)) &&
      existsSync(file) &&
      readFileSync(file, 'utf8') === this.stampOf(...sources)
    );
  }

  isBuilt() {
    return this.parts().every((part) => this.isFresh(part));
  }

  build() {
    const stale = this.parts().filter((part) => !this.isFresh(part));
    if (stale.length === 0) return;
    this.say('Building (once per change; about half a minute) …');
    for (const { name, sources, stamp, build } of stale) {
      const now = this.stampOf(...sources);
      // Cut short, it is neither the old build nor the new one.
      rmSync(stamp(name), { force: true });
      build();
      mkdirSync(this.at('.cache'), { recursive: true });
      writeFileSync(stamp(name), now);
    }
  }

  tool(name, args, failed) {
    const program = { tsc: ['typescript', 'bin', 'tsc'], vite: ['vite', 'bin', 'vite.js'] }[name];
    this.run(this.root, this.node, [this.at('node_modules', ...program), ...args], failed);
  }

  buildServer() {
    rmSync(this.at('.cache', 'tsconfig.tsbuildinfo'), { force: true });
    this.tool('tsc', ['-p', 'tsconfig.json'], 'The build failed');
    this.sweep();
    // What tsc does not carry over: the demo's documents.
    for (const path of filesBelow(this.at('src', 'demo', 'documents'))) {
      const to = this.at('dist', path.slice(this.at('src').length + 1));
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, readFileSync(path));
    }
  }

  /** Takes away what a source left behind that is no longer there. */
  sweep() {
    const pages = this.at('dist', 'graphiql');
    for (const path of filesBelow(this.at('dist'))) {
      const source = path.slice(this.at('dist').length + 1).replace(/\.js(\.map)?$/, '.ts');
      if (
        !path.startsWith(pages) &&
        /\.js(\.map)?$/.test(path) &&
        !existsSync(this.at('src', source))
      )
        rmSync(path);
    }
  }

  /** Installed and built when it returns; throws NotReady when that can not be. An up-to-date clone is only looked at. */
  ready() {
    if (this.lacks() === null && this.isBuilt()) return;
    try {
      mkdirSync(this.at('.cache'), { recursive: true });
      accessSync(this.at('.cache'), constants.W_OK);
    } catch (error) {
      throw new NotReady(
        `${this.root} can not be written to (${error.code}); let its owner run npm start -- --build-only once`,
      );
    }
    const waiting = (pid) =>
      this.say(`Waiting for process ${pid}, which installs or builds here …`);
    alone(this.at('.cache', 'ready.lock'), waiting, () => {
      this.install();
      this.build();
    });
  }
}

/** For programs: ready, or the reason on stderr and an end. */
export function readyOrEnd() {
  try {
    new Clone().ready();
  } catch (error) {
    if (!(error instanceof NotReady)) throw error;
    process.stderr.write(`${error.output}\n${error.message}\n`.trimStart());
    process.exit(1);
  }
}
