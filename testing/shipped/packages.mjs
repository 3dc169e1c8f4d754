/**
 * The packages that reach users, from package-lock.json: those the gateway runs with, and those the
 * pages in the browser are built from. With a page come all packages its own need, although the
 * bundler leaves some out.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PAGES = ['src/console', 'src/api/graphiql'];
/** The bundler puts a function of its own into the pages; nothing of what it needs itself. */
const BUNDLER = 'node_modules/vite';
const SOURCE = /\.(tsx?|jsx?)$/;
const IMPORT = /(?:from|import) '((?:@[\w.-]+\/)?[\w.-]+)/g;

/** Packages that the sources of the pages import. */
function imported() {
  return PAGES.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => SOURCE.test(file))
      .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(IMPORT)])
      .map(([, name]) => name),
  );
}

/** Where Node finds `name` from a package at `from`; undefined = it is not installed. */
function placeOf(lock, from, name) {
  for (
    let place = from;
    ;
    place = place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/')))
  ) {
    const path = place === '' ? `node_modules/${name}` : `${place}/node_modules/${name}`;
    if (lock[path] !== undefined) return path;
    if (place === '') return undefined;
  }
}

function bundled(lock) {
  const found = new Set([BUNDLER]);
  const add = (from, name) => {
    const path = placeOf(lock, from, name);
    if (path === undefined || found.has(path)) return;
    found.add(path);
    const { dependencies, optionalDependencies, peerDependencies } = lock[path];
    for (const next of Object.keys({
      ...dependencies,
      ...optionalDependencies,
      ...peerDependencies,
    }))
      add(path, next);
  };
  for (const name of imported()) add('', name);
  return found;
}

/** One entry for each name and version, by name: `{ name, version, license, paths }`. */
export function shippedPackages() {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
  const inPages = bundled(lock);
  const shipped = new Map();
  for (const [path, { version, license, dev }] of Object.entries(lock)) {
    if (path === '' || (dev === true && !inPages.has(path))) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const entry = shipped.get(`${name}@${version}`) ?? { name, version, license, paths: [] };
    entry.paths.push(path);
    shipped.set(`${name}@${version}`, entry);
  }
  return [...shipped.values()].sort((a, b) =>
    `${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1,
  );
}

const FILES = /^(licen[cs]e|notice|copying|copyright)/i;
const OF_ITS_PARTS = '# Licenses of bundled dependencies';

/**
 * The texts of the licence and notice files in an installed package; empty = it has none, or it is
 * not installed.
 */
export function licenceTexts({ paths }) {
  const path = paths.find((one) => existsSync(one));
  if (path === undefined) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((file) => file.isFile() && FILES.test(file.name))
    .map(({ name }) => readFileSync(join(path, name), 'utf8').replaceAll('\r\n', '\n'))
    .map((text) => text.split(OF_ITS_PARTS)[0].trim());
}
