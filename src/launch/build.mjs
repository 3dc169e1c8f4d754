/** What is built from what, and whether it still fits: the gateway by tsc, the GraphiQL page by vite. Types are checked by `npm run check`. */
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { cutLock } from './lock-file.mjs';

/** What each part is built with: npm packages, cut from the clone's lock when they are not installed. */
const SERVER_TOOLS = ['typescript'];
const PAGE_TOOLS = ['vite', 'graphiql', 'react', 'react-dom', 'graphql', 'graphql-ws'];
const TSC = {
  packages: SERVER_TOOLS,
  program: ['typescript', 'bin', 'tsc'],
  failed: 'The build failed',
};
const VITE = {
  packages: PAGE_TOOLS,
  program: ['vite', 'bin', 'vite.js'],
  failed: 'The build of GraphiQL failed',
};

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

export class Build {
  constructor(root, { run, packages }) {
    Object.assign(this, { root, run, packages });
  }

  at(...names) {
    return join(this.root, ...names);
  }

  /** Changes when a name or a content does, or a tool it is built with. */
  stampOf({ sources, tools }) {
    const hash = createHash('sha256');
    for (const path of sources.map((one) => this.at(one)).flatMap(filesBelow)) {
      hash.update(path.slice(this.root.length)).update('\0').update(readFileSync(path));
    }
    const locked = this.packages.locked() ?? {};
    const known = tools.filter((name) => `node_modules/${name}` in locked);
    return hash.update(JSON.stringify(cutLock(locked, known))).digest('hex');
  }

  /** Only what has its `needs` is built: an image or a package may have left the sources of a part behind. */
  parts() {
    const page = join('src', 'api', 'graphiql');
    return [
      {
        name: 'server',
        sources: ['src', 'tsconfig.json'],
        tools: SERVER_TOOLS,
        needs: 'tsconfig.json',
        result: join('dist', 'main.js'),
        build: () => this.buildServer(),
      },
      {
        name: 'graphiql',
        sources: [page],
        tools: PAGE_TOOLS,
        needs: join(page, 'vite.config.mjs'),
        result: join('dist', 'graphiql', 'index.html'),
        build: () => this.buildPage(page),
      },
    ];
  }

  stampFile({ name }) {
    return this.at('.cache', `${name}.stamp`);
  }

  isFresh(part) {
    if (!existsSync(this.at(part.needs))) return true;
    const file = this.stampFile(part);
    return (
      existsSync(this.at(part.result)) &&
      existsSync(file) &&
      readFileSync(file, 'utf8') === this.stampOf(part)
    );
  }

  stale() {
    return this.parts().filter((part) => !this.isFresh(part));
  }

  /** The tools of what is to be built, by the name of the part. */
  tools() {
    return Object.fromEntries(this.stale().map(({ name, tools }) => [name, tools]));
  }

  /** The parts depend on nothing but their sources: beside each other. */
  async build() {
    await Promise.all(this.stale().map((part) => this.buildPart(part)));
  }

  async buildPart(part) {
    const now = this.stampOf(part);
    // Cut short, it is neither the old build nor the new one.
    rmSync(this.stampFile(part), { force: true });
    await part.build();
    mkdirSync(this.at('.cache'), { recursive: true });
    writeFileSync(this.stampFile(part), now);
  }

  /** Runs a tool of one part: `packages` it needs, its `program` below node_modules, what is printed when it `failed`. */
  tool(part, { packages, program, failed }, args) {
    const { home } = this.packages.homeOf(part, packages);
    const { node } = this.packages;
    const path = join(home ?? this.root, 'node_modules', ...program);
    return this.run({ root: this.root, command: node, args: [path, ...args], failed });
  }

  async buildServer() {
    // Without checking types (`npm run check` does) it needs no types of others, and a quarter of the time.
    const flags = ['--noCheck', '--types', 'null', '--incremental', 'false'];
    const args = ['-p', 'tsconfig.json', ...flags, '--tsBuildInfoFile', 'null'];
    await this.tool('server', TSC, args);
    this.sweep();
    // What tsc does not carry over: the demo's documents.
    for (const path of filesBelow(this.at('src', 'demo', 'documents'))) {
      const to = this.at('dist', path.slice(this.at('src').length + 1));
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, readFileSync(path));
    }
  }

  /** Removes what a source left behind that is no longer there. */
  sweep() {
    const page = this.at('dist', 'graphiql');
    for (const path of filesBelow(this.at('dist'))) {
      const source = path.slice(this.at('dist').length + 1).replace(/\.js(\.map)?$/, '.ts');
      if (
        !path.startsWith(page) &&
        /\.js(\.map)?$/.test(path) &&
        !existsSync(this.at('src', source))
      )
        rmSync(path);
    }
  }

  /** In a copy beside its tools, so that it finds them there; they are 240 MB that nothing needs afterwards. */
  async buildPage(source) {
    const folder = this.at('.cache', 'tools', 'graphiql');
    const copy = join(folder, 'page');
    rmSync(copy, { recursive: true, force: true });
    cpSync(this.at(source), copy, { recursive: true });
    const out = ['--outDir', this.at('dist', 'graphiql'), '--emptyOutDir'];
    const args = ['build', '--config', join(copy, 'vite.config.mjs'), ...out];
    await this.tool('graphiql', VITE, args);
    rmSync(folder, { recursive: true, force: true });
  }
}
