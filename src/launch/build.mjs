/**
 * What is built from what, and whether it still fits: the gateway by tsc, the pages (GraphiQL, the
 * console) by vite, the gateway with its packages in one file by rolldown. Types are checked by
 * `npm run check`.
 */
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

/**
 * The npm packages that each part is built with; if they are not installed, they are installed
 * apart, with the versions of the clone's lock.
 */
const SERVER_TOOLS = ['typescript'];
const GRAPHIQL_TOOLS = ['graphiql', 'react', 'react-dom', 'graphql', 'graphql-ws'];
const CONSOLE_TOOLS = ['preact', 'preact-iso', 'graphql-ws', 'graphql-sse', 'oauth4webapi'];
/** Both pages and the bundle find their tools in one folder. */
const PAGE_TOOLS = [...new Set(['vite', 'rolldown', ...GRAPHIQL_TOOLS, ...CONSOLE_TOOLS])];
const TSC = {
  packages: SERVER_TOOLS,
  program: ['typescript', 'bin', 'tsc'],
  failed: 'The build failed',
};
const VITE = {
  packages: PAGE_TOOLS,
  program: ['vite', 'bin', 'vite.js'],
  failed: 'The build of the pages failed',
};
const ROLLDOWN = {
  packages: PAGE_TOOLS,
  program: ['rolldown', 'bin', 'cli.mjs'],
  failed: 'The build of the bundle failed',
};
const BUNDLE = join('src', 'launch', 'bundle.config.mjs');

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

  /**
   * A hash of the names and contents of the sources, and of the versions of the tools and of the
   * packages that it contains.
   */
  stampOf({ sources, tools, contains = [] }) {
    const hash = createHash('sha256');
    for (const path of sources.map((one) => this.at(one)).flatMap(filesBelow)) {
      hash.update(path.slice(this.root.length)).update('\0').update(readFileSync(path));
    }
    const locked = this.packages.locked() ?? {};
    const known = [...tools, ...contains].filter((name) => `node_modules/${name}` in locked);
    return hash.update(JSON.stringify(cutLock(locked, known))).digest('hex');
  }

  /**
   * A part is built only if its file `needs` exists: an image or a package may lack the sources of
   * a part.
   */
  parts() {
    return [
      {
        name: 'server',
        home: 'server',
        sources: ['src', 'tsconfig.json'],
        tools: SERVER_TOOLS,
        needs: 'tsconfig.json',
        result: join('dist', 'main.js'),
        build: () => this.buildServer(),
      },
      this.page('graphiql', [join('src', 'api', 'graphiql')]),
      this.page(
        'console',
        ['console', 'client', 'figures', 'timing'].map((name) => join('src', name)),
      ),
      this.bundle(),
    ];
  }

  /** It contains the packages that the gateway runs on, and what tsc wrote. */
  bundle() {
    const { dependencies = {} } = this.packages.locked()?.[''] ?? {};
    return {
      name: 'bundle',
      home: 'pages',
      after: 'server',
      sources: ['src', 'tsconfig.json'],
      tools: PAGE_TOOLS,
      contains: Object.keys(dependencies),
      needs: BUNDLE,
      result: join('dist', 'bundle', 'main.js'),
      build: () => this.tool('pages', ROLLDOWN, ['--config', this.at(BUNDLE)]),
    };
  }

  /** The first of the sources has the page and its vite.config.mjs. */
  page(name, sources) {
    return {
      name,
      home: 'pages',
      sources,
      tools: PAGE_TOOLS,
      needs: join(sources[0], 'vite.config.mjs'),
      result: join('dist', name, 'index.html'),
      build: () => this.buildPage(name, sources),
    };
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

  /**
   * The tools of what is to be built, by the folder below .cache/tools that they go to when
   * node_modules lacks them.
   */
  tools() {
    return Object.fromEntries(this.stale().map(({ home, tools }) => [home, tools]));
  }

  /** Builds the parts concurrently, but for one that is made from another. */
  async build() {
    const begun = new Map();
    for (const part of this.stale())
      begun.set(
        part.name,
        Promise.resolve(begun.get(part.after)).then(() => this.buildPart(part)),
      );
    await Promise.all(begun.values());
    // The pages' tools are 240 MB that nothing needs afterwards.
    rmSync(this.at('.cache', 'tools', 'pages'), { recursive: true, force: true });
  }

  async buildPart(part) {
    const now = this.stampOf(part);
    // Removed first: an interrupted build is neither the old one nor the new one.
    rmSync(this.stampFile(part), { force: true });
    await part.build();
    mkdirSync(this.at('.cache'), { recursive: true });
    writeFileSync(this.stampFile(part), now);
  }

  /**
   * Runs a tool of one part: `packages` it needs, its `program` below node_modules, what is printed
   * when it `failed`.
   */
  tool(part, { packages, program, failed }, args) {
    const { home } = this.packages.homeOf(part, packages);
    const { node } = this.packages;
    const path = join(home ?? this.root, 'node_modules', ...program);
    return this.run({ root: this.root, command: node, args: [path, ...args], failed });
  }

  async buildServer() {
    // Without type checks (`npm run check` does them) it needs no type packages, and a quarter of
    // the time.
    const flags = ['--noCheck', '--types', 'null', '--incremental', 'false'];
    const args = ['-p', 'tsconfig.json', ...flags, '--tsBuildInfoFile', 'null'];
    await this.tool('server', TSC, args);
    this.sweep();
    // tsc does not copy the documents of the demo.
    for (const path of filesBelow(this.at('src', 'demo', 'documents'))) {
      const to = this.at('dist', path.slice(this.at('src').length + 1));
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, readFileSync(path));
    }
  }

  /** Removes the output of sources that do not exist any more. */
  sweep() {
    const others = ['graphiql', 'console', 'bundle'].map((name) => this.at('dist', name));
    for (const path of filesBelow(this.at('dist'))) {
      const source = path.slice(this.at('dist').length + 1).replace(/\.js(\.map)?$/, '.ts');
      if (
        !others.some((one) => path.startsWith(one)) &&
        /\.js(\.map)?$/.test(path) &&
        !existsSync(this.at('src', source))
      )
        rmSync(path);
    }
  }

  /** In a copy beside its tools, so that it finds them there. */
  async buildPage(name, sources) {
    const copy = this.at('.cache', 'tools', 'pages', name);
    rmSync(copy, { recursive: true, force: true });
    for (const source of sources) cpSync(this.at(source), join(copy, source), { recursive: true });
    const out = ['--outDir', this.at('dist', name), '--emptyOutDir'];
    const args = ['build', '--config', join(copy, sources[0], 'vite.config.mjs'), ...out];
    await this.tool('pages', VITE, args);
  }
}
