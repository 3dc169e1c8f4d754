/**
 * How Node loads the TypeScript of the gateway and of its tests. Modules of `src/` and of packages
 * are loaded once per process; those of `testing/` once per test file, because they keep what
 * belongs to that file: its hooks, its rig, its database.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OPTIONS } from './swc.mjs';

const TESTING = new URL('../', import.meta.url).href;
const GLOBALS = new URL('globals.mjs', import.meta.url).href;
const CACHE = fileURLToPath(new URL('../../.cache/transformed/', import.meta.url));
const require = createRequire(import.meta.url);
/** Where the lines of a module come from: its URL and the file of its source map. */
export const SOURCE_MAPS = new Map();
mkdirSync(CACHE, { recursive: true });

/** The test file a module was loaded for. */
const fileOf = (url) => (url === undefined ? null : new URL(url).searchParams.get('file'));

/** An import of `./x.js` finds `./x.ts`. */
function ours(specifier, from) {
  if (specifier === '@jest/globals') return GLOBALS;
  if (!specifier.startsWith('.') || !specifier.endsWith('.js')) return null;
  if (from.includes('/node_modules/')) return null;
  const { href } = new URL(specifier.replace(/\.js$/, '.ts'), from);
  return existsSync(fileURLToPath(href)) ? href : null;
}

function resolve(specifier, context, next) {
  const file = fileOf(context.parentURL);
  const url = context.parentURL === undefined ? null : ours(specifier, context.parentURL);
  const resolved = url === null ? next(specifier, context) : { url, shortCircuit: true };
  const address = new URL(resolved.url);
  if (file === null || !address.href.startsWith(TESTING) || address.search !== '') return resolved;
  address.searchParams.set('file', file);
  return { ...resolved, url: address.href };
}

/** Whole, or not there: other processes read it. */
function write(path, text) {
  const part = `${path}.${process.pid}`;
  writeFileSync(part, text);
  renameSync(part, path);
}

/** Compiled once for each content, by whichever process comes first; answers where it is kept. */
function compiled(path) {
  const source = readFileSync(path, 'utf8');
  const key = createHash('sha256')
    .update(JSON.stringify([OPTIONS, path, source]))
    .digest('hex');
  const kept = join(CACHE, `${key}.mjs`);
  if (existsSync(kept)) return kept;
  const { code, map } = require('@swc/core').transformSync(source, { ...OPTIONS, filename: path });
  write(`${kept}.map`, map);
  write(kept, code);
  return kept;
}

function load(url, context, next) {
  const { pathname, protocol } = new URL(url);
  if (protocol !== 'file:' || !pathname.endsWith('.ts')) return next(url, context);
  const kept = compiled(fileURLToPath(url));
  SOURCE_MAPS.set(url, `${kept}.map`);
  return { format: 'module', source: readFileSync(kept, 'utf8'), shortCircuit: true };
}

registerHooks({ resolve, load });
